DROP TABLE strays;
DROP TABLE outages;
DROP TABLE signatures;

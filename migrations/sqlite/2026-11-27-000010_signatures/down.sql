DROP TABLE outages;
DROP TABLE signatures;

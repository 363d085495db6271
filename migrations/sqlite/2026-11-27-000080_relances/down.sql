DROP TABLE relance_settings;
DROP TABLE relance_pauses;
DROP TABLE relances;
DROP TABLE enrolments;
DROP TABLE sequences;

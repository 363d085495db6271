DROP TABLE connection_calls;
DROP TABLE connections;
DROP TABLE flow_steps;
DROP TABLE flow_months;
DROP TABLE flow_profiles;
DROP TABLE flow_words;
DROP TABLE flow_events;
DROP TABLE flows;

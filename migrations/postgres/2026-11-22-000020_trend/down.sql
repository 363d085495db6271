DROP TABLE exchanges;
DROP TABLE readiness_moves;
DROP TABLE daily_sums;
DROP FUNCTION exchanges_are_append_only();

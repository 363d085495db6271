DROP TABLE exchanges;
DROP TABLE readiness_moves;
DROP TABLE daily_sums;

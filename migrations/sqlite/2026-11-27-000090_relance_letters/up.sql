-- A letter as it was printed last, as JSON; empty while it was not. What was posted is printed again word for word.
ALTER TABLE relances ADD COLUMN letter TEXT NOT NULL DEFAULT '';
ALTER TABLE relances ADD COLUMN printed_at BIGINT;

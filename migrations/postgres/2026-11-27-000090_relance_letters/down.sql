ALTER TABLE relances DROP COLUMN printed_at;
ALTER TABLE relances DROP COLUMN letter;

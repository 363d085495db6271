ALTER TABLE relance_settings DROP COLUMN silences;

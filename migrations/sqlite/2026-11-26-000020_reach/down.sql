ALTER TABLE dossiers DROP COLUMN email;

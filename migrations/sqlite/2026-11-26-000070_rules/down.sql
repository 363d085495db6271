DROP TABLE seller_accounts;
DROP INDEX occurrences_of_dossier;
ALTER TABLE occurrences DROP COLUMN settled;
ALTER TABLE occurrences DROP COLUMN cause;

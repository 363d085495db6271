DROP TABLE readiness_rules;
DROP TABLE evaluations;
DROP INDEX dossiers_by_exposure;
ALTER TABLE dossiers ADD COLUMN evaluated_on TEXT NOT NULL DEFAULT '';
ALTER TABLE dossiers DROP COLUMN settled;
ALTER TABLE dossiers DROP COLUMN plan;
ALTER TABLE dossiers DROP COLUMN exposure_cents;

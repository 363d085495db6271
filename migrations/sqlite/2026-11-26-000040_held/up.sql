-- SIRETs of a dossier as one text, `|a|b|`: two dossiers with one SIRET are found without their facts.
ALTER TABLE dossiers ADD COLUMN sirets TEXT NOT NULL DEFAULT '';
UPDATE dossiers SET sirets = COALESCE(
    (SELECT '|' || group_concat(s.value, '|') || '|' FROM json_each(dossiers.facts, '$.sirets') AS s), '');

-- A bit for each reason why a client cannot be asked for a mandate; the funnel reads these and no facts. Written with the
-- facts; -1 until the next start of the server evaluates the dossiers again.
ALTER TABLE dossiers ADD COLUMN held BIGINT NOT NULL DEFAULT -1;
DROP INDEX dossiers_by_name;
CREATE INDEX dossiers_by_name ON dossiers
    (cabinet_id, name_sort, id, verdict, vat_regime, size_class, missing, waves, portfolio_id, confidential, held, email);
-- Dossiers that have a mandate of a kind already.
CREATE INDEX mandates_by_kind ON mandates (cabinet_id, kind, state, dossier_id);

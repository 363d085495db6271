DROP INDEX mandates_by_kind;
DROP INDEX dossiers_by_name;
ALTER TABLE dossiers DROP COLUMN held;
ALTER TABLE dossiers DROP COLUMN sirets;
CREATE INDEX dossiers_by_name ON dossiers
    (cabinet_id, name_sort, id, verdict, vat_regime, size_class, missing, waves, portfolio_id, confidential);

-- The list ordered by score within states reads only the dossiers of these states.
CREATE INDEX dossiers_by_state_and_score ON dossiers
    (cabinet_id, state, score, id, vat_regime, size_class, missing, waves, portfolio_id, confidential);
-- A person's own dossiers are counted without reading their rows.
DROP INDEX dossiers_by_manager;
DROP INDEX dossiers_by_assignee;
CREATE INDEX dossiers_by_manager ON dossiers (cabinet_id, manager_id, state, portfolio_id);
CREATE INDEX dossiers_by_assignee ON dossiers (cabinet_id, assignee_id, state, portfolio_id, manager_id);
-- UNIQUE (cabinet_id, siren) finds and orders by SIREN.
DROP INDEX dossiers_by_siren;

ALTER TABLE readiness_moves DROP COLUMN rules;
DROP TABLE rules_sums;
DROP INDEX dossiers_by_name;
DROP INDEX dossiers_by_verdict;
DROP INDEX dossiers_by_manager;
DROP INDEX dossiers_by_assignee;
ALTER TABLE dossiers ADD COLUMN state BIGINT NOT NULL DEFAULT 1;
ALTER TABLE dossiers ADD COLUMN score BIGINT NOT NULL DEFAULT 0;
ALTER TABLE dossiers ADD COLUMN next_act TEXT NOT NULL DEFAULT '';
UPDATE dossiers SET
    state = (SELECT s.state FROM standings AS s
        WHERE s.cabinet_id = dossiers.cabinet_id AND s.verdict = dossiers.verdict),
    score = (SELECT s.score FROM standings AS s
        WHERE s.cabinet_id = dossiers.cabinet_id AND s.verdict = dossiers.verdict),
    next_act = (SELECT s.next_act FROM standings AS s
        WHERE s.cabinet_id = dossiers.cabinet_id AND s.verdict = dossiers.verdict);
DROP INDEX dossiers_by_change;
ALTER TABLE dossiers DROP COLUMN changes_on;
ALTER TABLE dossiers DROP COLUMN verdict;
ALTER TABLE cabinets DROP COLUMN stood_by;
ALTER TABLE cabinets DROP COLUMN stood_on;
DROP TABLE standings;
CREATE INDEX dossiers_by_name ON dossiers
    (cabinet_id, name_sort, id, state, vat_regime, size_class, missing, waves, portfolio_id, confidential);
CREATE INDEX dossiers_by_score ON dossiers
    (cabinet_id, score, id, state, vat_regime, size_class, missing, waves, portfolio_id, confidential);
CREATE INDEX dossiers_by_state ON dossiers
    (cabinet_id, state, id, vat_regime, size_class, missing, waves, portfolio_id, confidential);
CREATE INDEX dossiers_by_state_and_score ON dossiers
    (cabinet_id, state, score, id, vat_regime, size_class, missing, waves, portfolio_id, confidential);
CREATE INDEX dossiers_by_manager ON dossiers (cabinet_id, manager_id, state, portfolio_id);
CREATE INDEX dossiers_by_assignee ON dossiers (cabinet_id, assignee_id, state, portfolio_id, manager_id);

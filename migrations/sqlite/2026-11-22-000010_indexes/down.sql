DROP INDEX dossiers_by_state_and_score;
DROP INDEX dossiers_by_manager;
DROP INDEX dossiers_by_assignee;
CREATE INDEX dossiers_by_manager ON dossiers (cabinet_id, manager_id);
CREATE INDEX dossiers_by_assignee ON dossiers (cabinet_id, assignee_id);
CREATE INDEX dossiers_by_siren ON dossiers (siren);

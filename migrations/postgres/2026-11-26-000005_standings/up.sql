-- What the firm's rules make of a verdict: thousands of dossiers share some hundreds, so a change of rules writes these
-- and no dossier.
CREATE TABLE standings (
    cabinet_id TEXT NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    -- How the criteria stand, packed; see domain::Verdict.
    verdict TEXT NOT NULL,
    state BIGINT NOT NULL,
    score BIGINT NOT NULL,
    next_act TEXT NOT NULL,
    PRIMARY KEY (cabinet_id, verdict)
);
CREATE INDEX standings_by_score ON standings (cabinet_id, score, state, verdict, next_act);
CREATE INDEX standings_by_state ON standings (cabinet_id, state, score, verdict, next_act);
-- The day of these standings and the rules that they follow; of no day before the first.
ALTER TABLE cabinets ADD COLUMN stood_on TEXT NOT NULL DEFAULT '';
ALTER TABLE cabinets ADD COLUMN stood_by BIGINT NOT NULL DEFAULT 0;

-- What is stored stands until the next start of the server evaluates the dossiers again: under a name that no verdict has.
ALTER TABLE dossiers ADD COLUMN verdict TEXT NOT NULL DEFAULT '';
UPDATE dossiers SET verdict = 'was ' || state || ' ' || score || ' ' || next_act;
INSERT INTO standings (cabinet_id, verdict, state, score, next_act)
    SELECT DISTINCT cabinet_id, verdict, state, score, next_act FROM dossiers;
-- The first day on which time alone could change what is kept of a dossier; unknown until it is evaluated again.
ALTER TABLE dossiers ADD COLUMN changes_on TEXT NOT NULL DEFAULT '';
CREATE INDEX dossiers_by_change ON dossiers (cabinet_id, changes_on, id);
UPDATE evaluations SET basis = '';

DROP INDEX dossiers_by_name;
DROP INDEX dossiers_by_score;
DROP INDEX dossiers_by_state;
DROP INDEX dossiers_by_state_and_score;
DROP INDEX dossiers_by_manager;
DROP INDEX dossiers_by_assignee;
ALTER TABLE dossiers DROP COLUMN state;
ALTER TABLE dossiers DROP COLUMN score;
ALTER TABLE dossiers DROP COLUMN next_act;
CREATE INDEX dossiers_by_name ON dossiers
    (cabinet_id, name_sort, id, verdict, vat_regime, size_class, missing, waves, portfolio_id, confidential);
-- Orders by score and by state go from the standings to the dossiers of each.
CREATE INDEX dossiers_by_verdict ON dossiers
    (cabinet_id, verdict, id, vat_regime, size_class, missing, waves, portfolio_id, confidential, exposure_cents);
CREATE INDEX dossiers_by_manager ON dossiers (cabinet_id, manager_id, verdict, portfolio_id);
CREATE INDEX dossiers_by_assignee ON dossiers (cabinet_id, assignee_id, verdict, portfolio_id, manager_id);

-- A change of rules is one event and not a move of each dossier: the sums right before and right after it.
CREATE TABLE rules_sums (
    cabinet_id TEXT NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    portfolio_id TEXT NOT NULL,
    confidential BOOLEAN NOT NULL,
    -- The rules before: not always those of the version before, where several changes followed each other at once.
    version_before BIGINT NOT NULL,
    -- Day on which the dossiers were judged by them.
    day TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    PRIMARY KEY (cabinet_id, version, portfolio_id, confidential)
);
-- Rules under which a dossier stood before the first change of a day. Until now a change of rules left such rows itself.
ALTER TABLE readiness_moves ADD COLUMN rules BIGINT NOT NULL DEFAULT 0;
UPDATE readiness_moves SET rules = COALESCE(
    (SELECT MAX(version) FROM readiness_rules WHERE readiness_rules.cabinet_id = readiness_moves.cabinet_id), 0);

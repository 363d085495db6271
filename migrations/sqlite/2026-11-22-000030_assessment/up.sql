-- What stands beside the facts of a dossier: what it could cost, all that decides its calendar, which days are settled.
-- Empty until the dossier is evaluated again, which the next start of the server does.
ALTER TABLE dossiers ADD COLUMN exposure_cents BIGINT NOT NULL DEFAULT 0;
ALTER TABLE dossiers ADD COLUMN plan TEXT NOT NULL DEFAULT '';
ALTER TABLE dossiers ADD COLUMN settled TEXT NOT NULL DEFAULT '';
CREATE INDEX dossiers_by_exposure ON dossiers (cabinet_id, exposure_cents, id);
-- A day for each dossier would be a write of each dossier every night.
ALTER TABLE dossiers DROP COLUMN evaluated_on;

-- How far the evaluation of a cabinet's dossiers is: of which day, under which rules and register.
CREATE TABLE evaluations (
    cabinet_id TEXT PRIMARY KEY REFERENCES cabinets (id) ON DELETE CASCADE,
    -- Day, version of the rules, version of the register, version of the tables of the law.
    basis TEXT NOT NULL,
    -- Last dossier evaluated; nothing at the beginning.
    after_id TEXT NOT NULL,
    done BOOLEAN NOT NULL
);

-- The firm's rules of the score, each change a version.
CREATE TABLE readiness_rules (
    cabinet_id TEXT NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    rules TEXT NOT NULL,
    -- Who changed them, and why.
    user_id TEXT NOT NULL,
    note TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (cabinet_id, version)
);

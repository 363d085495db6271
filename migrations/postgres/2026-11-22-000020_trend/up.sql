-- The stored sums as each day began: what the trend reads. A day on which nobody kept them is missing.
CREATE TABLE daily_sums (
    cabinet_id TEXT COLLATE "C" NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    day TEXT COLLATE "C" NOT NULL,
    -- No reference: a portfolio that is gone was there on that day.
    portfolio_id TEXT COLLATE "C" NOT NULL,
    confidential BOOLEAN NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (cabinet_id, day, portfolio_id, confidential)
);

-- Readiness of a dossier before the first and after the last change of a day.
CREATE TABLE readiness_moves (
    dossier_id TEXT COLLATE "C" NOT NULL REFERENCES dossiers (id) ON DELETE CASCADE,
    cabinet_id TEXT COLLATE "C" NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    day TEXT COLLATE "C" NOT NULL,
    before_score BIGINT NOT NULL,
    before_state BIGINT NOT NULL,
    before_missing BIGINT NOT NULL,
    after_score BIGINT NOT NULL,
    after_state BIGINT NOT NULL,
    after_missing BIGINT NOT NULL,
    PRIMARY KEY (dossier_id, day)
);
CREATE INDEX readiness_moves_by_day ON readiness_moves (cabinet_id, day);

-- What the firm told a client, asked and got. Append-only: a wrong row is cancelled by a later one. No reference to the
-- dossier: what was said remains said when it is deleted.
CREATE TABLE exchanges (
    id TEXT COLLATE "C" PRIMARY KEY,
    cabinet_id TEXT COLLATE "C" NOT NULL,
    dossier_id TEXT COLLATE "C" NOT NULL,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    happened_on TEXT COLLATE "C" NOT NULL,
    subject TEXT NOT NULL,
    -- Of a cancellation: the reason.
    body TEXT NOT NULL,
    attachment_name TEXT NOT NULL,
    attachment_sha256 TEXT NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    -- The row that this one cancels, or nothing.
    cancels TEXT COLLATE "C" NOT NULL
);
CREATE INDEX exchanges_by_dossier ON exchanges (cabinet_id, dossier_id, happened_on, id);
CREATE UNIQUE INDEX exchanges_cancelled_once ON exchanges (cancels) WHERE cancels <> '';

CREATE FUNCTION exchanges_are_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'exchanges are append-only'; END $$;
CREATE TRIGGER exchanges_no_change BEFORE UPDATE OR DELETE ON exchanges
FOR EACH ROW EXECUTE FUNCTION exchanges_are_append_only();

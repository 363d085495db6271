-- What of the calendars is settled: one row per period, with its evidence. A row that is taken back goes; the journal
-- tells both. `dossiers.settled` follows from these rows.
CREATE TABLE settlements (
    id TEXT PRIMARY KEY,
    cabinet_id TEXT NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    dossier_id TEXT NOT NULL REFERENCES dossiers (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    from_day TEXT NOT NULL,
    to_day TEXT NOT NULL,
    how TEXT NOT NULL,
    -- The evidence: what it is, where it comes from, of which day.
    what TEXT NOT NULL,
    source TEXT NOT NULL,
    on_day TEXT NOT NULL,
    -- Who recorded it. The name stays when the person goes.
    user_id TEXT NOT NULL,
    user_name TEXT NOT NULL,
    act_id TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX settlements_by_dossier ON settlements (dossier_id, kind, from_day);
CREATE INDEX settlements_by_act ON settlements (cabinet_id, act_id);

-- Addresses under which calendar programs read the deadlines of a person, who may revoke them.
CREATE TABLE calendar_feeds (
    id TEXT PRIMARY KEY,
    cabinet_id TEXT NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- Filters of the list, as JSON.
    filter TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX calendar_feeds_by_user ON calendar_feeds (user_id, created_at);

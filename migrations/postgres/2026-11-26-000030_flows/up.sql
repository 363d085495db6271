-- Flows over all platforms. A row is what stands; its history is in flow_events, which nothing ever changes.
CREATE TABLE flows (
    id TEXT COLLATE "C" PRIMARY KEY,
    cabinet_id TEXT COLLATE "C" NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    -- Empty while no dossier has the client's SIREN.
    dossier_id TEXT COLLATE "C" REFERENCES dossiers (id) ON DELETE CASCADE,
    -- The first 16 bytes of the SHA-256 over cabinet, client, seller, number and year.
    identity BYTEA NOT NULL,
    version BIGINT NOT NULL,
    owner TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    direction TEXT COLLATE "C" NOT NULL,
    platform TEXT COLLATE "C" NOT NULL,
    number TEXT COLLATE "C" NOT NULL,
    seller TEXT COLLATE "C" NOT NULL,
    counterparty TEXT COLLATE "C" NOT NULL,
    counterparty_name TEXT NOT NULL,
    -- Days; empty while no source told them.
    issued_on TEXT COLLATE "C" NOT NULL,
    due_on TEXT COLLATE "C" NOT NULL,
    net_cents BIGINT,
    vat_cents BIGINT,
    gross_cents BIGINT,
    currency TEXT COLLATE "C" NOT NULL,
    -- JSON; empty for most.
    details TEXT NOT NULL,
    -- The current status: official code, 0 while none is known.
    status BIGINT NOT NULL,
    status_raw TEXT NOT NULL,
    reasons TEXT NOT NULL,
    status_source TEXT COLLATE "C" NOT NULL,
    source_name TEXT NOT NULL,
    status_at BIGINT,
    handling TEXT COLLATE "C" NOT NULL,
    -- JSON array, newest first; empty for most.
    handled TEXT NOT NULL,
    -- Open occurrences of anomalies.
    anomalies BIGINT NOT NULL,
    -- When it should have moved on.
    stuck_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX flows_by_identity ON flows (identity);
CREATE INDEX flows_by_day ON flows (cabinet_id, issued_on, id);
CREATE INDEX flows_by_status ON flows (cabinet_id, status, issued_on, id);
CREATE INDEX flows_by_dossier ON flows (dossier_id, issued_on, id);
CREATE INDEX flows_by_platform ON flows (cabinet_id, platform, issued_on, id);
CREATE INDEX flows_by_time ON flows (cabinet_id, (COALESCE(status_at, 0)), id);
CREATE INDEX flows_by_number ON flows (cabinet_id, number, owner);
CREATE INDEX flows_by_counterparty ON flows (cabinet_id, counterparty);
CREATE INDEX flows_by_owner ON flows (cabinet_id, owner) WHERE dossier_id IS NULL;
CREATE INDEX flows_by_stuck ON flows (cabinet_id, stuck_at, id) WHERE stuck_at IS NOT NULL;
CREATE INDEX flows_with_anomalies ON flows (cabinet_id, issued_on, id) WHERE anomalies > 0;
CREATE INDEX flows_handled ON flows (cabinet_id, issued_on, id) WHERE handling <> 'none';

CREATE TABLE flow_events (
    flow_id TEXT COLLATE "C" NOT NULL REFERENCES flows (id) ON DELETE CASCADE,
    -- The first 8 bytes of the SHA-256 over status, time, source: the same said again is the same row.
    key BIGINT NOT NULL,
    status BIGINT NOT NULL,
    raw TEXT NOT NULL,
    reasons TEXT NOT NULL,
    comment TEXT NOT NULL,
    collected_cents BIGINT,
    source TEXT COLLATE "C" NOT NULL,
    source_name TEXT NOT NULL,
    at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (flow_id, key)
);
CREATE FUNCTION flow_events_stay() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the history of a flow is never changed'; END $$;
CREATE TRIGGER flow_events_stay BEFORE UPDATE ON flow_events
FOR EACH ROW EXECUTE FUNCTION flow_events_stay();

-- Words that no table knows.
CREATE INDEX flow_events_by_word ON flow_events (raw, flow_id) WHERE status = 0;

-- What platforms' words mean, read by people; and the words that wait.
CREATE TABLE flow_words (
    cabinet_id TEXT COLLATE "C" NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    platform TEXT COLLATE "C" NOT NULL,
    word TEXT COLLATE "C" NOT NULL,
    -- 'unread', 'read', 'aside'.
    state TEXT COLLATE "C" NOT NULL,
    status BIGINT NOT NULL,
    events BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    read_at BIGINT,
    PRIMARY KEY (cabinet_id, platform, word)
);

-- How the exports of platforms are read.
CREATE TABLE flow_profiles (
    id TEXT COLLATE "C" PRIMARY KEY,
    cabinet_id TEXT COLLATE "C" NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    platform TEXT COLLATE "C" NOT NULL,
    layout TEXT NOT NULL,
    changed TEXT NOT NULL,
    used_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX flow_profiles_by_platform ON flow_profiles (cabinet_id, platform);

-- Sums of flows by dossier and month: the dossier's own past, and each platform's volumes.
CREATE TABLE flow_months (
    cabinet_id TEXT COLLATE "C" NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    owner TEXT COLLATE "C" NOT NULL,
    platform TEXT COLLATE "C" NOT NULL,
    direction TEXT COLLATE "C" NOT NULL,
    -- First day of the month of issue.
    month TEXT COLLATE "C" NOT NULL,
    flows BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    -- Last day of issue.
    last_on TEXT COLLATE "C" NOT NULL,
    -- The latest status.
    last_at BIGINT NOT NULL,
    PRIMARY KEY (cabinet_id, owner, platform, direction, month)
);

-- How long platforms take: counts per step and per width of time (powers of the fourth root of two, in minutes).
CREATE TABLE flow_steps (
    cabinet_id TEXT COLLATE "C" NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    platform TEXT COLLATE "C" NOT NULL,
    from_status BIGINT NOT NULL,
    to_status BIGINT NOT NULL,
    width BIGINT NOT NULL,
    flows BIGINT NOT NULL,
    PRIMARY KEY (cabinet_id, platform, from_status, to_status, width)
);

-- Up to when it was looked whose time has come.
CREATE TABLE flow_sweeps (
    cabinet_id TEXT COLLATE "C" PRIMARY KEY REFERENCES cabinets (id) ON DELETE CASCADE,
    swept_at BIGINT NOT NULL
);

CREATE TABLE connections (
    id TEXT COLLATE "C" PRIMARY KEY,
    cabinet_id TEXT COLLATE "C" NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    name TEXT NOT NULL,
    platform TEXT COLLATE "C" NOT NULL,
    -- Addresses, service version, organisation, rhythm: as JSON.
    data TEXT NOT NULL,
    -- Encrypted under the installation's key.
    secret TEXT NOT NULL,
    webhook_key TEXT NOT NULL,
    paused BOOLEAN NOT NULL,
    -- Health, cursor, token's end: as JSON.
    health TEXT NOT NULL,
    next_at BIGINT,
    leased_by TEXT COLLATE "C" NOT NULL,
    lease_until BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX connections_by_cabinet ON connections (cabinet_id, id);
CREATE INDEX connections_by_next ON connections (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE connection_calls (
    id TEXT COLLATE "C" PRIMARY KEY,
    connection_id TEXT COLLATE "C" NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    method TEXT COLLATE "C" NOT NULL,
    path TEXT NOT NULL,
    status BIGINT NOT NULL,
    milliseconds BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    error TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX connection_calls_by_connection ON connection_calls (connection_id, id);

-- What is wrong and a person must settle: one row for each cause, wherever it shows.
CREATE TABLE anomalies (
    id TEXT PRIMARY KEY,
    cabinet_id TEXT NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    rule TEXT NOT NULL,
    -- What it is about, within its rule.
    cause TEXT NOT NULL,
    -- New findings of its cause join it; a part that was split off takes none.
    main BOOLEAN NOT NULL,
    severity TEXT NOT NULL,
    state TEXT NOT NULL,
    platform TEXT NOT NULL,
    -- Of the first occurrence: what stands in the sentence.
    detail TEXT NOT NULL,
    assignee_id TEXT NOT NULL,
    resolution TEXT NOT NULL,
    note TEXT NOT NULL,
    -- Sums of its open occurrences.
    occurrences BIGINT NOT NULL,
    dossiers BIGINT NOT NULL,
    exposure_cents BIGINT NOT NULL,
    -- Deadline × exposure × number; the greater the sooner.
    priority BIGINT NOT NULL,
    comments BIGINT NOT NULL,
    reopened BIGINT NOT NULL,
    -- Ticked steps of the playbook, as JSON.
    steps TEXT NOT NULL,
    -- Its clock: when it is due while it runs; what is left of its time (minutes of work) while it stands still.
    due_at BIGINT,
    warn_at BIGINT,
    left_minutes BIGINT,
    snoozed_until BIGINT,
    wakes_on_news BOOLEAN NOT NULL,
    -- Folded title, numbers and names, for the search.
    search TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    closed_at BIGINT
);
CREATE UNIQUE INDEX anomalies_by_cause ON anomalies (cabinet_id, rule, cause) WHERE main;
CREATE INDEX anomalies_by_priority ON anomalies (cabinet_id, state, priority, id);
CREATE INDEX anomalies_by_assignee ON anomalies (cabinet_id, assignee_id, state, priority, id);
CREATE INDEX anomalies_by_due ON anomalies (cabinet_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX anomalies_by_snooze ON anomalies (cabinet_id, snoozed_until) WHERE snoozed_until IS NOT NULL;

CREATE TABLE occurrences (
    cabinet_id TEXT NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    -- Rule and flow, rule and dossier, rule and connection.
    fingerprint TEXT NOT NULL,
    anomaly_id TEXT NOT NULL REFERENCES anomalies (id) ON DELETE CASCADE,
    flow_id TEXT REFERENCES flows (id) ON DELETE CASCADE,
    dossier_id TEXT REFERENCES dossiers (id) ON DELETE CASCADE,
    detail TEXT NOT NULL,
    exposure_cents BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT,
    -- Why it ended, as JSON; empty while it stands.
    closed_because TEXT NOT NULL,
    PRIMARY KEY (cabinet_id, fingerprint)
);
CREATE INDEX occurrences_by_anomaly ON occurrences (anomaly_id, closed_at, opened_at);
CREATE INDEX occurrences_by_flow ON occurrences (flow_id) WHERE flow_id IS NOT NULL;
CREATE INDEX occurrences_by_dossier ON occurrences (dossier_id, closed_at) WHERE dossier_id IS NOT NULL;

CREATE TABLE anomaly_steps (
    id TEXT PRIMARY KEY,
    anomaly_id TEXT NOT NULL REFERENCES anomalies (id) ON DELETE CASCADE,
    event TEXT NOT NULL,
    by_name TEXT NOT NULL,
    user_id TEXT NOT NULL,
    -- What stands in the sentence, as JSON.
    data TEXT NOT NULL,
    note TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX anomaly_steps_by_anomaly ON anomaly_steps (anomaly_id, id);

CREATE TABLE comments (
    id TEXT PRIMARY KEY,
    cabinet_id TEXT NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    anomaly_id TEXT NOT NULL REFERENCES anomalies (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    by_name TEXT NOT NULL,
    body TEXT NOT NULL,
    -- Texts before, oldest first, as JSON.
    edits TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX comments_by_anomaly ON comments (anomaly_id, id);

CREATE TABLE watchers (
    anomaly_id TEXT NOT NULL REFERENCES anomalies (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (anomaly_id, user_id)
);
CREATE INDEX watchers_by_user ON watchers (user_id, anomaly_id);

-- How a firm uses the rules; a firm without row does as the product suggests.
CREATE TABLE anomaly_settings (
    cabinet_id TEXT PRIMARY KEY REFERENCES cabinets (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    data TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE notifications (
    id TEXT PRIMARY KEY,
    cabinet_id TEXT NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    anomaly_id TEXT NOT NULL,
    text TEXT NOT NULL,
    on_screen BOOLEAN NOT NULL,
    -- Waits for the digest.
    for_mail BOOLEAN NOT NULL,
    at BIGINT NOT NULL,
    read_at BIGINT,
    mailed_at BIGINT
);
CREATE INDEX notifications_by_user ON notifications (user_id, id);
CREATE INDEX notifications_to_mail ON notifications (user_id) WHERE for_mail AND mailed_at IS NULL;

CREATE TABLE notification_settings (
    user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    data TEXT NOT NULL,
    digested_at BIGINT
);

-- Counts up with every change that others should see at once; whoever follows compares.
CREATE TABLE pulses (
    cabinet_id TEXT PRIMARY KEY REFERENCES cabinets (id) ON DELETE CASCADE,
    beat BIGINT NOT NULL,
    -- What changed with the last beats, as JSON.
    recent TEXT NOT NULL
);

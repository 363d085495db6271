-- Who is written to, when and how.
CREATE TABLE sequences (
    id TEXT PRIMARY KEY,
    cabinet_id TEXT NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    name TEXT NOT NULL,
    purpose TEXT NOT NULL,
    state TEXT NOT NULL,
    -- Filter of the audience, as JSON.
    filter TEXT NOT NULL,
    -- Start, deadline, steps, escalation, as JSON.
    course TEXT NOT NULL,
    -- Who stands behind it: the audience is what this person sees.
    user_id TEXT NOT NULL,
    by_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX sequences_by_cabinet ON sequences (cabinet_id, id);

-- A dossier in a sequence. What is over is in its steps; here stands what is next, and why.
CREATE TABLE enrolments (
    id TEXT PRIMARY KEY,
    cabinet_id TEXT NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    sequence_id TEXT NOT NULL REFERENCES sequences (id) ON DELETE CASCADE,
    dossier_id TEXT NOT NULL REFERENCES dossiers (id) ON DELETE CASCADE,
    joined_at BIGINT NOT NULL,
    -- Steps that are over, as the planner reads them, as JSON.
    done TEXT NOT NULL,
    -- A person's consent to the open step, as JSON; empty for none.
    consent TEXT NOT NULL,
    -- The client's answer that a person noted.
    answered_at BIGINT,
    answered_way TEXT NOT NULL,
    -- The end, as JSON; empty while it goes on.
    ended TEXT NOT NULL,
    ended_at BIGINT,
    -- The open step, what it comes to (code, JSON), when it happens, and when to look again.
    step_id TEXT NOT NULL,
    code TEXT NOT NULL,
    outcome TEXT NOT NULL,
    at BIGINT,
    look_at BIGINT
);
CREATE UNIQUE INDEX enrolments_that_run ON enrolments (sequence_id, dossier_id) WHERE ended_at IS NULL;
CREATE INDEX enrolments_by_dossier ON enrolments (dossier_id, sequence_id);
CREATE INDEX enrolments_by_sequence ON enrolments (sequence_id, ended_at, code);
CREATE INDEX enrolments_to_look_at ON enrolments (look_at) WHERE ended_at IS NULL AND look_at IS NOT NULL;
CREATE INDEX enrolments_open ON enrolments (cabinet_id, at, id) WHERE ended_at IS NULL;

-- Steps that are over, or that wait for a person: a message, a call, a letter, or why there was none.
CREATE TABLE relances (
    id TEXT PRIMARY KEY,
    cabinet_id TEXT NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    enrolment_id TEXT NOT NULL REFERENCES enrolments (id) ON DELETE CASCADE,
    sequence_id TEXT NOT NULL,
    dossier_id TEXT NOT NULL,
    step_id TEXT NOT NULL,
    -- The step as it was, as JSON: a later edit does not change what was done.
    step TEXT NOT NULL,
    channel TEXT NOT NULL,
    code TEXT NOT NULL,
    outcome TEXT NOT NULL,
    at BIGINT NOT NULL,
    mail_id TEXT NOT NULL,
    template_id TEXT NOT NULL,
    -- Which of two texts on trial.
    trial TEXT NOT NULL,
    by_name TEXT NOT NULL,
    note TEXT NOT NULL,
    -- Of a call or letter: when a person did it.
    task_done_at BIGINT,
    -- It left in test mode: the client knows nothing of it.
    test BOOLEAN NOT NULL
);
CREATE INDEX relances_by_enrolment ON relances (enrolment_id, id);
CREATE INDEX relances_by_dossier ON relances (dossier_id, id);
CREATE INDEX relances_by_time ON relances (cabinet_id, at, id);
CREATE INDEX relances_by_mail ON relances (mail_id) WHERE mail_id <> '';
CREATE INDEX relances_to_do ON relances (cabinet_id, at, id) WHERE channel <> 'mail' AND code = 'sent' AND task_done_at IS NULL;

-- Clients whose relances rest.
CREATE TABLE relance_pauses (
    dossier_id TEXT PRIMARY KEY REFERENCES dossiers (id) ON DELETE CASCADE,
    cabinet_id TEXT NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    from_on TEXT NOT NULL,
    -- The last day; empty until somebody ends it.
    to_on TEXT NOT NULL,
    reason TEXT NOT NULL,
    note TEXT NOT NULL,
    by_name TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX relance_pauses_by_cabinet ON relance_pauses (cabinet_id, dossier_id);

-- What a firm demands of everything that leaves; a firm without row sends nothing.
CREATE TABLE relance_settings (
    cabinet_id TEXT PRIMARY KEY REFERENCES cabinets (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    data TEXT NOT NULL,
    -- When the planner last ran to its end.
    ran_at BIGINT,
    -- Changes of dossiers up to here were looked at.
    looked_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

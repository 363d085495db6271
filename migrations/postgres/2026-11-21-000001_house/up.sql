CREATE TABLE cabinets (
    id TEXT COLLATE "C" PRIMARY KEY,
    name TEXT NOT NULL,
    demo BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    -- Head of the journal's chain.
    journal_seq BIGINT NOT NULL,
    journal_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE users (
    id TEXT COLLATE "C" PRIMARY KEY,
    cabinet_id TEXT COLLATE "C" NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    -- Lower case; one person, one cabinet.
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    lang TEXT NOT NULL,
    role TEXT NOT NULL,
    access TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    -- JSON array of the names under which imported lists know the person.
    aliases TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT
);
CREATE INDEX users_by_cabinet ON users (cabinet_id);

CREATE TABLE sessions (
    id TEXT COLLATE "C" PRIMARY KEY,
    cabinet_id TEXT COLLATE "C" NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- SHA-256 of the only refresh token that is good now; any other one of this session is an old one.
    refresh_hash TEXT NOT NULL,
    user_agent TEXT,
    address TEXT,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE portfolios (
    id TEXT COLLATE "C" PRIMARY KEY,
    cabinet_id TEXT COLLATE "C" NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- Folded name: two portfolios of a cabinet never differ by case or accents only.
    name_key TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (cabinet_id, name_key)
);

CREATE TABLE portfolio_people (
    portfolio_id TEXT COLLATE "C" NOT NULL REFERENCES portfolios (id) ON DELETE CASCADE,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    cabinet_id TEXT COLLATE "C" NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    PRIMARY KEY (portfolio_id, user_id)
);
CREATE INDEX portfolio_people_by_user ON portfolio_people (user_id);

CREATE TABLE invitations (
    id TEXT COLLATE "C" PRIMARY KEY,
    cabinet_id TEXT COLLATE "C" NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    access TEXT NOT NULL,
    portfolio_ids TEXT NOT NULL,
    aliases TEXT NOT NULL,
    -- SHA-256 of the secret in the link.
    token_hash TEXT NOT NULL UNIQUE,
    invited_by TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    accepted_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX invitations_by_cabinet ON invitations (cabinet_id);

-- A dossier's facts are one document; the other columns are its index, written from it in the same statement.
-- An absent reference is an empty string, so that both databases order and compare it alike.
CREATE TABLE dossiers (
    id TEXT COLLATE "C" PRIMARY KEY,
    cabinet_id TEXT COLLATE "C" NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    siren TEXT COLLATE "C" NOT NULL,
    name_sort TEXT COLLATE "C" NOT NULL,
    code_sort TEXT COLLATE "C" NOT NULL,
    portfolio_id TEXT COLLATE "C" NOT NULL,
    manager_id TEXT COLLATE "C" NOT NULL,
    assignee_id TEXT COLLATE "C" NOT NULL,
    confidential BOOLEAN NOT NULL,
    -- Rank of the readiness state, worst first.
    state BIGINT NOT NULL,
    score BIGINT NOT NULL,
    -- Bits of the criteria that are missing, of the waves that reach the dossier.
    missing BIGINT NOT NULL,
    waves BIGINT NOT NULL,
    next_act TEXT NOT NULL,
    size_class TEXT NOT NULL,
    vat_regime TEXT NOT NULL,
    platform TEXT NOT NULL,
    tool TEXT NOT NULL,
    -- Names of persons in charge without an account.
    manager_label TEXT NOT NULL,
    assignee_label TEXT NOT NULL,
    tags TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    evaluated_on TEXT NOT NULL,
    search TEXT NOT NULL,
    facts TEXT NOT NULL,
    UNIQUE (cabinet_id, siren)
);
-- Orders of the list. The columns behind the order let filters be judged in the index, without reading the row.
CREATE INDEX dossiers_by_name ON dossiers
    (cabinet_id, name_sort, id, state, vat_regime, size_class, missing, waves, portfolio_id, confidential);
CREATE INDEX dossiers_by_score ON dossiers
    (cabinet_id, score, id, state, vat_regime, size_class, missing, waves, portfolio_id, confidential);
CREATE INDEX dossiers_by_state ON dossiers
    (cabinet_id, state, id, vat_regime, size_class, missing, waves, portfolio_id, confidential);
CREATE INDEX dossiers_by_siren ON dossiers (siren);
CREATE INDEX dossiers_by_code ON dossiers (cabinet_id, code_sort, id);
CREATE INDEX dossiers_by_update ON dossiers (cabinet_id, updated_at, id);
CREATE INDEX dossiers_by_portfolio ON dossiers (cabinet_id, portfolio_id);
CREATE INDEX dossiers_by_manager ON dossiers (cabinet_id, manager_id);
CREATE INDEX dossiers_by_assignee ON dossiers (cabinet_id, assignee_id);

-- Stored sums of readiness: what the cockpit reads.
CREATE TABLE sums (
    cabinet_id TEXT COLLATE "C" NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    portfolio_id TEXT COLLATE "C" NOT NULL,
    confidential BOOLEAN NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (cabinet_id, portfolio_id, confidential)
);

CREATE TABLE views (
    id TEXT COLLATE "C" PRIMARY KEY,
    cabinet_id TEXT COLLATE "C" NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    shared BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX views_by_cabinet ON views (cabinet_id);

-- Bulk acts and imports that can be taken back: their journal rows bear the act's id.
CREATE TABLE acts (
    id TEXT COLLATE "C" PRIMARY KEY,
    cabinet_id TEXT COLLATE "C" NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    undone_at BIGINT
);

CREATE TABLE journal (
    id TEXT COLLATE "C" PRIMARY KEY,
    cabinet_id TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor_id TEXT COLLATE "C" NOT NULL,
    action TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    subject_label TEXT NOT NULL,
    changes TEXT NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    act_id TEXT COLLATE "C" NOT NULL,
    hash TEXT NOT NULL,
    UNIQUE (cabinet_id, seq)
);
CREATE INDEX journal_by_subject ON journal (cabinet_id, subject_id, seq);
CREATE INDEX journal_by_act ON journal (cabinet_id, act_id, seq);

CREATE TABLE jobs (
    id TEXT COLLATE "C" PRIMARY KEY,
    cabinet_id TEXT COLLATE "C" NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    state TEXT NOT NULL,
    done BIGINT NOT NULL,
    total BIGINT,
    attempts BIGINT NOT NULL,
    notes TEXT NOT NULL,
    problem TEXT,
    user_id TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    -- Who runs it and until when the others must keep off.
    leased_by TEXT,
    lease_until BIGINT,
    cancelled BOOLEAN NOT NULL
);
CREATE INDEX jobs_by_cabinet ON jobs (cabinet_id, created_at);
CREATE INDEX jobs_by_state ON jobs (state, lease_until);

CREATE TABLE imports (
    id TEXT COLLATE "C" PRIMARY KEY,
    cabinet_id TEXT COLLATE "C" NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    filename TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    state TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    options TEXT NOT NULL,
    detection TEXT NOT NULL,
    counts TEXT,
    undo TEXT,
    job_id TEXT COLLATE "C",
    user_id TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    committed_at BIGINT
);
CREATE INDEX imports_by_cabinet ON imports (cabinet_id, created_at, id);

-- The uploaded file in pieces, and what was found for its rows, so that neither is ever whole in memory.
CREATE TABLE import_chunks (
    import_id TEXT COLLATE "C" NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    part TEXT NOT NULL,
    n BIGINT NOT NULL,
    data BYTEA NOT NULL,
    PRIMARY KEY (import_id, part, n)
);

-- How the columns of a source were read last time.
CREATE TABLE import_mappings (
    cabinet_id TEXT COLLATE "C" NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    fingerprint TEXT NOT NULL,
    mapping TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (cabinet_id, fingerprint)
);

CREATE TABLE idempotency_keys (
    cabinet_id TEXT COLLATE "C" NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    user_id TEXT COLLATE "C" NOT NULL,
    key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    status BIGINT NOT NULL,
    etag TEXT,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (cabinet_id, user_id, key)
);

-- Secrets of the installation, made at the first start, such as the key that signs access tokens.
CREATE TABLE secrets (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$;
CREATE TRIGGER journal_no_change BEFORE UPDATE OR DELETE ON journal
FOR EACH ROW EXECUTE FUNCTION journal_is_append_only();

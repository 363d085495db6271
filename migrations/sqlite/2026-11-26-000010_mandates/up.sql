-- What clients sign so that the firm may act. The journal tells each step; so does the row, for the register.
CREATE TABLE mandates (
    id TEXT PRIMARY KEY,
    cabinet_id TEXT NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    dossier_id TEXT NOT NULL REFERENCES dossiers (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    version BIGINT NOT NULL,
    number TEXT NOT NULL,
    platform TEXT NOT NULL,
    -- What stands in it beside the parties, as JSON.
    terms TEXT NOT NULL,
    -- First and last day; empty when open.
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    signed_by TEXT NOT NULL,
    sent_to TEXT NOT NULL,
    reminders BIGINT NOT NULL,
    reason TEXT NOT NULL,
    -- JSON array, oldest first.
    steps TEXT NOT NULL,
    campaign_id TEXT NOT NULL,
    -- The message that brings it; empty while none was made.
    mail_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    sent_at BIGINT,
    opened_at BIGINT,
    reminded_at BIGINT,
    signed_at BIGINT,
    accepted_at BIGINT,
    -- Refused, expired or revoked.
    ended_at BIGINT
);
CREATE INDEX mandates_by_dossier ON mandates (dossier_id, kind, created_at);
CREATE INDEX mandates_by_change ON mandates (cabinet_id, updated_at, id);
CREATE INDEX mandates_by_state ON mandates (state, cabinet_id, ends_on);

-- Files kept outside the rows: where, and by which hash they are known again.
CREATE TABLE documents (
    id TEXT PRIMARY KEY,
    cabinet_id TEXT NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    dossier_id TEXT NOT NULL REFERENCES dossiers (id) ON DELETE CASCADE,
    mandate_id TEXT NOT NULL REFERENCES mandates (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    vault_key TEXT NOT NULL,
    by_name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX documents_by_mandate ON documents (mandate_id, created_at);

-- What a client opens without an account. The secret is known by its hash alone.
CREATE TABLE links (
    id TEXT PRIMARY KEY,
    cabinet_id TEXT NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    token_hash TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL,
    contact_name TEXT NOT NULL,
    -- What is asked, of which dossiers, and what was skipped, as JSON.
    asks TEXT NOT NULL,
    -- The one-time code of a signature: its hash, and how often it was tried and sent.
    code_hash TEXT NOT NULL,
    code_expires_at BIGINT,
    code_tries BIGINT NOT NULL,
    codes_sent BIGINT NOT NULL,
    user_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    opened_at BIGINT,
    finished_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX links_by_email ON links (cabinet_id, email);

CREATE TABLE link_dossiers (
    link_id TEXT NOT NULL REFERENCES links (id) ON DELETE CASCADE,
    dossier_id TEXT NOT NULL REFERENCES dossiers (id) ON DELETE CASCADE,
    cabinet_id TEXT NOT NULL,
    PRIMARY KEY (link_id, dossier_id)
);
CREATE INDEX link_dossiers_by_dossier ON link_dossiers (dossier_id);

-- Answers of clients.
CREATE TABLE proposals (
    id TEXT PRIMARY KEY,
    cabinet_id TEXT NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    dossier_id TEXT NOT NULL REFERENCES dossiers (id) ON DELETE CASCADE,
    link_id TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    state TEXT NOT NULL,
    by_name TEXT NOT NULL,
    at BIGINT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at BIGINT
);
CREATE INDEX proposals_by_state ON proposals (cabinet_id, state, id);
CREATE INDEX proposals_by_dossier ON proposals (dossier_id, field, state);

-- Messages to clients: written in the transaction that causes them, sent afterwards, never twice.
CREATE TABLE mails (
    id TEXT PRIMARY KEY,
    cabinet_id TEXT NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL,
    state TEXT NOT NULL,
    to_address TEXT NOT NULL,
    to_name TEXT NOT NULL,
    from_name TEXT NOT NULL,
    reply_to TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- The text, with a place for the address of the link, whose secret is not kept.
    body TEXT NOT NULL,
    -- Mandates that it is about and documents that it encloses, as JSON.
    about TEXT NOT NULL,
    link_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    -- Folded address, name and subject, for the search.
    search TEXT NOT NULL,
    user_id TEXT NOT NULL,
    by_name TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    error TEXT NOT NULL,
    receipt TEXT NOT NULL,
    leased_by TEXT NOT NULL,
    lease_until BIGINT,
    next_at BIGINT,
    created_at BIGINT NOT NULL,
    sent_at BIGINT
);
CREATE INDEX mails_by_cabinet ON mails (cabinet_id, id);
CREATE INDEX mails_by_state ON mails (state, next_at);

CREATE TABLE mail_dossiers (
    mail_id TEXT NOT NULL REFERENCES mails (id) ON DELETE CASCADE,
    dossier_id TEXT NOT NULL REFERENCES dossiers (id) ON DELETE CASCADE,
    cabinet_id TEXT NOT NULL,
    PRIMARY KEY (mail_id, dossier_id)
);
CREATE INDEX mail_dossiers_by_dossier ON mail_dossiers (dossier_id);

-- Addresses that a server refused: nothing is sent there until the address changes or somebody tries again.
CREATE TABLE refused_addresses (
    cabinet_id TEXT NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    error TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (cabinet_id, address)
);

-- Collections that go on by themselves.
CREATE TABLE campaigns (
    id TEXT PRIMARY KEY,
    cabinet_id TEXT NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    name TEXT NOT NULL,
    kinds TEXT NOT NULL,
    filter TEXT NOT NULL,
    message TEXT NOT NULL,
    state TEXT NOT NULL,
    user_id TEXT NOT NULL,
    by_name TEXT NOT NULL,
    -- Changes of dossiers up to here were looked at.
    looked_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX campaigns_by_cabinet ON campaigns (cabinet_id, id);

-- How a firm collects; a firm without row does as the product suggests.
CREATE TABLE collection_settings (
    cabinet_id TEXT PRIMARY KEY REFERENCES cabinets (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    data TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);

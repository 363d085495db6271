-- Signatures asked of an outside provider, each noted before the provider can have it.
CREATE TABLE signatures (
    id TEXT COLLATE "C" PRIMARY KEY,
    cabinet_id TEXT COLLATE "C" NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    dossier_id TEXT COLLATE "C" NOT NULL REFERENCES dossiers (id) ON DELETE CASCADE,
    mandate_id TEXT COLLATE "C" NOT NULL REFERENCES mandates (id) ON DELETE CASCADE,
    link_id TEXT COLLATE "C" NOT NULL REFERENCES links (id) ON DELETE CASCADE,
    provider TEXT COLLATE "C" NOT NULL,
    -- Its id there; empty while the provider has not said that it has it.
    provider_id TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    -- Of the document as it was sent to the client.
    sha256 TEXT COLLATE "C" NOT NULL,
    -- Who signs, as typed: name, quality, in which right, where to reach the person; as JSON.
    signer TEXT NOT NULL,
    -- Why it is where it is, as JSON; empty when nothing went wrong.
    error TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    leased_by TEXT NOT NULL,
    lease_until BIGINT,
    next_at BIGINT,
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX signatures_by_mandate ON signatures (mandate_id, created_at);
CREATE INDEX signatures_by_state ON signatures (state, next_at);
CREATE INDEX signatures_by_provider ON signatures (provider, provider_id);

-- A way out of the installation that does not work, while it lasts: every process tells the same.
CREATE TABLE outages (
    way TEXT COLLATE "C" PRIMARY KEY,
    why TEXT NOT NULL,
    until BIGINT NOT NULL
);

-- Files of the vault that no document names: noted before they are put, taken off the list by the row that names them.
-- What stays on it is left over from something that was cut off, and is swept after a day.
CREATE TABLE strays (
    vault_key TEXT COLLATE "C" PRIMARY KEY,
    at BIGINT NOT NULL,
    -- Being swept: no row may name it any more.
    going BOOLEAN NOT NULL
);
CREATE INDEX strays_by_age ON strays (at);

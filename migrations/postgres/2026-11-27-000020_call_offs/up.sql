-- Requests for a signature whose dossier is gone while the provider still had them open: they are called off there.
CREATE TABLE call_offs (
    provider TEXT COLLATE "C" NOT NULL,
    -- Its id there.
    provider_id TEXT COLLATE "C" NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    PRIMARY KEY (provider, provider_id)
);

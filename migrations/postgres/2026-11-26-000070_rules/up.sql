-- The cause for which an occurrence stands, whichever anomaly a person has put it into.
ALTER TABLE occurrences ADD COLUMN cause TEXT COLLATE "C" NOT NULL DEFAULT '';
-- Ended by a person while what was found still stands: it does not open by itself again.
ALTER TABLE occurrences ADD COLUMN settled BOOLEAN NOT NULL DEFAULT FALSE;
-- What rules find of a dossier itself, apart from its flows.
CREATE INDEX occurrences_of_dossier ON occurrences (dossier_id) WHERE flow_id IS NULL;

-- Accounts to which sellers had themselves paid, in the order in which they were first seen.
CREATE TABLE seller_accounts (
    cabinet_id TEXT COLLATE "C" NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    seller TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    -- Place among those of the seller.
    place BIGINT NOT NULL,
    -- Somebody has verified it.
    verified BOOLEAN NOT NULL,
    PRIMARY KEY (cabinet_id, seller, account)
);

-- What the directory last answered of a dossier's SIREN. The dossier's facts bear the state; here are the addresses, and
-- when it was asked, so that an answer that ages is asked for anew.
CREATE TABLE directory_answers (
    dossier_id TEXT PRIMARY KEY REFERENCES dossiers (id) ON DELETE CASCADE,
    cabinet_id TEXT NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    -- JSON.
    addresses TEXT NOT NULL,
    source TEXT NOT NULL,
    asked_at BIGINT NOT NULL
);
CREATE INDEX directory_answers_by_age ON directory_answers (cabinet_id, asked_at);

-- What a list shows of the facts, as it is sent: no list reads the facts themselves. Written with the facts; empty
-- until the next start of the server evaluates the dossiers again.
ALTER TABLE dossiers ADD COLUMN card TEXT NOT NULL DEFAULT '';

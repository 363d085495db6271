-- Exports of platforms take the way of the lists of clients.
ALTER TABLE imports ADD COLUMN subject TEXT NOT NULL DEFAULT 'clients';
ALTER TABLE imports ADD COLUMN platform TEXT NOT NULL DEFAULT '';
-- What the platform changed of its columns since its last import, as JSON; empty when nothing.
ALTER TABLE imports ADD COLUMN changed TEXT NOT NULL DEFAULT '';
-- How far the commit or the undo of an export is, as JSON.
ALTER TABLE imports ADD COLUMN progress TEXT;

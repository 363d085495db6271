ALTER TABLE imports DROP COLUMN progress;
ALTER TABLE imports DROP COLUMN changed;
ALTER TABLE imports DROP COLUMN platform;
ALTER TABLE imports DROP COLUMN subject;

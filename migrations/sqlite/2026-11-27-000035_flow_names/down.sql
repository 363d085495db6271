DROP INDEX flows_by_number;
-- SQLite has no SHA-256: each flow gets a value of its own, by which an older program does not find it again. To go back
-- with what stands, take a backup from before.
ALTER TABLE flows ADD COLUMN identity BLOB NOT NULL DEFAULT x'';
UPDATE flows SET identity = CAST(id AS BLOB);
CREATE UNIQUE INDEX flows_by_identity ON flows (identity);
CREATE INDEX flows_by_number ON flows (cabinet_id, number, owner);
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('flows', 'flows_by_identity', '1000000 1'),
    ('flows', 'flows_by_number', '1000000 200000 2 1');
ANALYZE sqlite_schema;

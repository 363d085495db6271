-- The list of flows is ordered by amount, too: without its index each page would read and sort all of them.
CREATE INDEX flows_by_gross ON flows (cabinet_id, (COALESCE(gross_cents, 0)), id);
-- What is asked for most: a status on a platform. Where few flows are both, neither index would find them soon.
CREATE INDEX flows_by_platform_status ON flows (cabinet_id, platform, status, issued_on, id);

-- How flows spread, as SQLite would find it in a large firm. Where it knows nothing it takes ten rows for a cabinet's, and
-- reads all flows of the cabinet where some hundreds of them are looked up by their ids.
ANALYZE sqlite_schema;
DELETE FROM sqlite_stat1 WHERE tbl IN ('flows', 'occurrences');
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('flows', 'sqlite_autoindex_flows_1', '1000000 1'),
    ('flows', 'flows_by_identity', '1000000 1'),
    ('flows', 'flows_by_day', '1000000 200000 500 1'),
    ('flows', 'flows_by_status', '1000000 200000 50000 100 1'),
    ('flows', 'flows_by_dossier', '1000000 2000 10 1'),
    ('flows', 'flows_by_platform', '1000000 200000 50000 200 1'),
    ('flows', 'flows_by_platform_status', '1000000 200000 50000 5000 10 1'),
    ('flows', 'flows_by_time', '1000000 200000 5 1'),
    ('flows', 'flows_by_gross', '1000000 200000 5 1'),
    ('flows', 'flows_by_number', '1000000 200000 2 1'),
    ('flows', 'flows_by_counterparty', '1000000 200000 100'),
    ('flows', 'flows_by_owner', '10000 2000 20'),
    ('flows', 'flows_by_stuck', '200000 40000 5 1'),
    ('flows', 'flows_with_anomalies', '20000 5000 20 1'),
    ('flows', 'flows_handled', '20000 5000 20 1'),
    ('occurrences', 'sqlite_autoindex_occurrences_1', '100000 20000 1'),
    ('occurrences', 'occurrences_by_anomaly', '100000 20 10 1'),
    ('occurrences', 'occurrences_by_anomaly_dossier', '100000 20 5 2'),
    ('occurrences', 'occurrences_by_flow', '90000 2'),
    ('occurrences', 'occurrences_by_dossier', '100000 100 20'),
    ('occurrences', 'occurrences_of_dossier', '10000 5');
-- This connection knows it from now on.
ANALYZE sqlite_schema;

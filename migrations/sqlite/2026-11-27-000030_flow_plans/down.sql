DELETE FROM sqlite_stat1 WHERE tbl IN ('flows', 'occurrences');
DROP INDEX flows_by_gross;
DROP INDEX flows_by_platform_status;

DROP INDEX flows_by_gross;
DROP INDEX flows_by_platform_status;

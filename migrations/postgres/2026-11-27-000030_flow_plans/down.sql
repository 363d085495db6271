DROP INDEX flows_by_gross;

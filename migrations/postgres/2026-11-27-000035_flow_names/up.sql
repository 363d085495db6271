-- A flow is found by number, client, seller and year as they stand. Numbers of one import lie beside each other; their hash
-- was somewhere else in its index for each of them, and each import changed as many pages of it as it brought flows.
DROP INDEX flows_by_identity;
DROP INDEX flows_by_number;
ALTER TABLE flows DROP COLUMN identity;
-- The year is empty while no source told the day of issue.
CREATE UNIQUE INDEX flows_by_number ON flows (cabinet_id, number, owner, seller, (SUBSTR(issued_on, 1, 4)));

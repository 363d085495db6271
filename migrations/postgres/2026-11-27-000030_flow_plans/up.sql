-- The list of flows is ordered by amount, too: without its index each page would read and sort all of them.
CREATE INDEX flows_by_gross ON flows (cabinet_id, (COALESCE(gross_cents, 0)), id);

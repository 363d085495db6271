-- The list of flows is ordered by amount, too: without its index each page would read and sort all of them.
CREATE INDEX flows_by_gross ON flows (cabinet_id, (COALESCE(gross_cents, 0)), id);
-- What is asked for most: a status on a platform. Where few flows are both, neither index would find them soon.
CREATE INDEX flows_by_platform_status ON flows (cabinet_id, platform, status, issued_on, id);

-- The queue reads what is not over, in each of its orders, a page at a time. What has no deadline comes last.
CREATE INDEX anomalies_open_by_priority ON anomalies (cabinet_id, priority DESC, id) WHERE closed_at IS NULL;
CREATE INDEX anomalies_open_by_due ON anomalies (cabinet_id, COALESCE(due_at, 9223372036854775807), id)
    WHERE closed_at IS NULL;
CREATE INDEX anomalies_open_by_opened ON anomalies (cabinet_id, opened_at, id) WHERE closed_at IS NULL;
CREATE INDEX anomalies_open_by_updated ON anomalies (cabinet_id, updated_at, id) WHERE closed_at IS NULL;
CREATE INDEX anomalies_by_updated ON anomalies (cabinet_id, updated_at, id);
-- How much of its deadline was told: nothing (0), that it is near (1), that it has passed (2).
ALTER TABLE anomalies ADD COLUMN told BIGINT NOT NULL DEFAULT 0;
-- What the clock looks for, over all cabinets.
DROP INDEX anomalies_by_due;
DROP INDEX anomalies_by_snooze;
CREATE INDEX anomalies_to_warn ON anomalies (warn_at) WHERE warn_at IS NOT NULL AND told < 1;
CREATE INDEX anomalies_to_tell ON anomalies (due_at) WHERE due_at IS NOT NULL AND told < 2;
CREATE INDEX anomalies_to_wake ON anomalies (snoozed_until) WHERE snoozed_until IS NOT NULL;
-- The first dossiers of an anomaly.
CREATE INDEX occurrences_by_anomaly_dossier ON occurrences (anomaly_id, dossier_id, closed_at);

-- A digest goes out by the age of what waits for it.
ALTER TABLE notification_settings DROP COLUMN digested_at;
CREATE INDEX notifications_unread ON notifications (user_id) WHERE on_screen AND read_at IS NULL;
CREATE INDEX notifications_by_age ON notifications (at);

-- Which list a view is of.
ALTER TABLE views ADD COLUMN list TEXT NOT NULL DEFAULT 'dossiers';

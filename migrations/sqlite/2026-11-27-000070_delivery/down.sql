CREATE TABLE refused_addresses (
    cabinet_id TEXT NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    error TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (cabinet_id, address)
);
INSERT INTO refused_addresses (cabinet_id, address, error, at)
SELECT cabinet_id, address, MAX(said), MAX(at) FROM suppressions GROUP BY cabinet_id, address;
DROP TABLE suppressions;
DROP TABLE mail_events;
-- What became of messages is told no more: they have left.
UPDATE mails SET state = 'bounced' WHERE state IN ('bounced_soft', 'blocked', 'complained');
UPDATE mails SET state = 'sent' WHERE state IN ('delivered', 'answered');
DROP INDEX mails_by_address;
DROP INDEX mails_by_provider;
ALTER TABLE mails DROP COLUMN round;
ALTER TABLE mails DROP COLUMN provider_id;
ALTER TABLE mails DROP COLUMN html;

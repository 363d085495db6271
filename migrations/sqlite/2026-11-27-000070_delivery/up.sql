-- What leaves beside the plain text; empty for none.
ALTER TABLE mails ADD COLUMN html TEXT NOT NULL DEFAULT '';
-- What a provider calls the message, so that what it tells later finds it.
ALTER TABLE mails ADD COLUMN provider_id TEXT NOT NULL DEFAULT '';
-- How many times a person has had it sent again: what is told of an earlier time moves nothing.
ALTER TABLE mails ADD COLUMN round BIGINT NOT NULL DEFAULT 0;
CREATE INDEX mails_by_provider ON mails (provider_id) WHERE provider_id <> '';
CREATE INDEX mails_by_address ON mails (cabinet_id, to_address, id);

-- What became of messages, as it was told. The state of a message that has left follows from these.
CREATE TABLE mail_events (
    id TEXT PRIMARY KEY,
    cabinet_id TEXT NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    mail_id TEXT NOT NULL REFERENCES mails (id) ON DELETE CASCADE,
    round BIGINT NOT NULL,
    kind TEXT NOT NULL,
    at BIGINT NOT NULL,
    noted_at BIGINT NOT NULL,
    source TEXT NOT NULL,
    -- What the same event is known by when it is told again.
    key TEXT NOT NULL,
    address TEXT NOT NULL,
    said TEXT NOT NULL,
    -- JSON: status, who noted it and how, what it takes back.
    detail TEXT NOT NULL
);
CREATE UNIQUE INDEX mail_events_once ON mail_events (mail_id, kind, key);
CREATE TRIGGER mail_events_stay BEFORE UPDATE ON mail_events
BEGIN
    SELECT RAISE(ABORT, 'what became of a message is never changed');
END;

-- Addresses that are not written to, each with every reason that stands against it.
CREATE TABLE suppressions (
    cabinet_id TEXT NOT NULL REFERENCES cabinets (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    reason TEXT NOT NULL,
    -- The message that it came from; empty where none did.
    mail_id TEXT NOT NULL,
    -- What the source said.
    said TEXT NOT NULL,
    -- Why, in the words of who added it.
    note TEXT NOT NULL,
    by_name TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (cabinet_id, address, reason)
);
CREATE INDEX suppressions_by_age ON suppressions (cabinet_id, at);
INSERT INTO suppressions (cabinet_id, address, reason, mail_id, said, note, by_name, at)
SELECT cabinet_id, address, 'bounced_hard', '', error, '', '', at FROM refused_addresses;
DROP TABLE refused_addresses;

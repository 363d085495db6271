-- What left in the last hour is asked whenever a firm lets only so many messages leave in an hour.
CREATE INDEX mails_left ON mails (cabinet_id, sent_at) WHERE sent_at IS NOT NULL;

DROP INDEX flows_by_number;
ALTER TABLE flows ADD COLUMN identity BYTEA;
-- As the program before made it: the parts, each after its length in eight bytes.
UPDATE flows SET identity = SUBSTRING(SHA256(
    INT8SEND(16) || UUID_SEND(cabinet_id::uuid)
    || INT8SEND(OCTET_LENGTH(owner)) || CONVERT_TO(owner, 'UTF8')
    || INT8SEND(OCTET_LENGTH(seller)) || CONVERT_TO(seller, 'UTF8')
    || INT8SEND(OCTET_LENGTH(number)) || CONVERT_TO(number, 'UTF8')
    || INT8SEND(4) || INT4SEND(COALESCE(NULLIF(SUBSTR(issued_on, 1, 4), ''), '0')::integer)
) FROM 1 FOR 16);
ALTER TABLE flows ALTER COLUMN identity SET NOT NULL;
CREATE UNIQUE INDEX flows_by_identity ON flows (identity);
CREATE INDEX flows_by_number ON flows (cabinet_id, number, owner);

-- Where a client is written to: the first e-mail among the contacts; empty when there is none. Written with the facts.
ALTER TABLE dossiers ADD COLUMN email TEXT NOT NULL DEFAULT '';
UPDATE dossiers SET email = COALESCE((
    SELECT LOWER(json_extract(c.value, '$.email')) FROM json_each(dossiers.facts, '$.contacts') AS c
    WHERE COALESCE(json_extract(c.value, '$.email'), '') <> '' ORDER BY c.key LIMIT 1), '');

-- Where a client is written to: the first e-mail among the contacts; empty when there is none. Written with the facts.
ALTER TABLE dossiers ADD COLUMN email TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE dossiers SET email = COALESCE((
    SELECT LOWER(c.value ->> 'email') FROM json_array_elements(dossiers.facts::json -> 'contacts') WITH ORDINALITY AS c(value, place)
    WHERE COALESCE(c.value ->> 'email', '') <> '' ORDER BY c.place LIMIT 1), '')
WHERE dossiers.facts::json -> 'contacts' IS NOT NULL;

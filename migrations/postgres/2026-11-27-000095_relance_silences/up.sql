-- Times in which nothing ran: what could have left then says so when it leaves later.
ALTER TABLE relance_settings ADD COLUMN silences TEXT NOT NULL DEFAULT '[]';

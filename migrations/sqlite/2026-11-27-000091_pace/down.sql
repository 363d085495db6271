DROP INDEX mails_left;

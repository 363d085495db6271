DROP TABLE calendar_feeds;
DROP TABLE settlements;

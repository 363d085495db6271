DROP TABLE directory_answers;

"""The inference log: a sample of the rows that a server predicted, in files of lines of JSON."""

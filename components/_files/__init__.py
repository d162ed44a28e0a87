"""Files: read a file of any format as a stream of raw cells with column names."""

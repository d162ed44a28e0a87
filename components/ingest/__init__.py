"""Read any source into one typed table with a content hash."""

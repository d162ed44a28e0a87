"""Any source to one typed table with a content hash."""

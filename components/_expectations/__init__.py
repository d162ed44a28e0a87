"""What a team expects of a table: the file of it, its rules, and the check of a table."""

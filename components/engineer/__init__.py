"""Recipe step 2, engineer: date parts and encodings, to a numeric matrix with names."""

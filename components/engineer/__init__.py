"""Recipe step 2, engineer: date parts and encodings, which make a numeric matrix with names."""

"""Tables: their schema, their Parquet files, the hash of their content, what was found in them."""

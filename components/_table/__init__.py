"""Tables: how their cells are read, their schema, their Parquet files, and the findings about them."""

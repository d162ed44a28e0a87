"""Makes the files of a new stage."""

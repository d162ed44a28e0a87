"""Object storage: the one door to S3, wherever it is."""

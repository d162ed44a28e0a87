"""Object storage: all access to S3, at Amazon or elsewhere."""

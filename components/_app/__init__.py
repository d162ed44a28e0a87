"""The app: a page in which people use a model."""

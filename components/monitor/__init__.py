"""Monitoring: whether a model in use still earns its keep, and what to do if not."""

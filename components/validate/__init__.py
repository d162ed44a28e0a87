"""Expectations on the data; stops a run that cannot succeed."""

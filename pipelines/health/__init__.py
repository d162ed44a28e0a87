"""Whether the services around a run can be reached, and what is wrong with those that cannot."""

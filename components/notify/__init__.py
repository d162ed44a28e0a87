"""Notify: how a run on a cluster ended, for those who were not watching."""

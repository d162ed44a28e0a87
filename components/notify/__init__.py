"""Notify: report how a run on a cluster ended, and send failures to a webhook."""

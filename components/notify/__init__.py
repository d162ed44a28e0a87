"""Notify: report how a run on a cluster ended, send failures to a webhook, and stop runs that cannot end."""

"""Checks of the services that runs use: whether each can be reached, and what is wrong if not."""

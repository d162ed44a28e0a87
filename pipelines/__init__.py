"""Pipelines that wire the stages together, and the command line that runs and compiles them."""

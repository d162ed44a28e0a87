"""Puts an approved model into the registry, beside the champion it would replace."""

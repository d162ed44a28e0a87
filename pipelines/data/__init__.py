"""Versions of tables: what differs between two of them, and which of them contain a row."""

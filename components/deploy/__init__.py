"""Rolls an approved model out on KServe: beside the old one first, proven, then in its place."""

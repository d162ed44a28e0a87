"""Rolls an approved model out on KServe: checks it beside the old one, then replaces that."""

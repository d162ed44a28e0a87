"""Files: from what lies at an address to a stream of raw cells under the names of their columns."""

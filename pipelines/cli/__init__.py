"""The command line: one module per command, each with its help, its options and what it does."""

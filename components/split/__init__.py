"""Training and test rows: as a column says, by time, by group, or random stratified."""

"""Training and test rows: random stratified, by time, by group."""

"""What the stages of a sweep share: its folds, its trials, and how one trial is scored."""

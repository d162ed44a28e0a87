"""A quick model, whose loss tells whether a change of its features or folds is more than chance."""

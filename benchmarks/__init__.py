"""Measurements of speed, printed as ratios against a baseline run beside them."""

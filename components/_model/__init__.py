"""Models: the target, the recipe's steps, the families of estimators, scores, and the files they live in."""

"""The app of all models of a namespace, in front of their predictors."""

"""Models on disk: the files of recipes and models, their signature, and the form that a server reads."""

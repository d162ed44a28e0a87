"""A change of the suite compared with a commit, by the models that both train."""

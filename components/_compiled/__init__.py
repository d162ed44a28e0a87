"""A model in a form that predicts a row in microseconds: numpy, and LightGBM's library without its Python."""

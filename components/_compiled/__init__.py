"""The compiled model: it predicts a row in microseconds, with numpy and LightGBM's C library."""

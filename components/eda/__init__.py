"""Explores the training rows: findings about columns, and a page with figures."""

"""Fixtures for all tests."""

from tests.browser import browser  # noqa: F401

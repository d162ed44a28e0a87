"""Registers an approved model, and compares it with the champion."""

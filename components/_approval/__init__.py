"""Signed approvals of a model version: the text that an approver saw, its signature, and their check."""

"""The stages' container images: built, checked and pushed."""

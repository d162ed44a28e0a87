"""What the training rows look like, and what that suggests."""

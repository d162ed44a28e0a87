"""Tables as people bring them: clean ones, rendered in many ways, and what becomes of each."""

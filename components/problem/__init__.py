"""Business question to a validated problem specification, and a brief that people can sign off."""

"""Where tables come from: each kind of source is a module, and ``catalogue`` finds the kind of an address."""

"""A reference gateway: it takes routes from the registry, calls providers, and reports outcomes."""

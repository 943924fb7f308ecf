"""The demo: a registry, three providers and the gateway, and a fault that comes and goes."""

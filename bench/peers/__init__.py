"""The servers that the registry is compared with."""

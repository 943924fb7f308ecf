"""The servers that bench compares with."""

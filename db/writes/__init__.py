"""Writes, one file a noun: each function runs in the session of its caller's transaction."""

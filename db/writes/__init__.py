"""Writes, one file per noun: each function runs in the session of its caller's transaction."""

"""Writes, one noun a file: each verb runs in the session of its caller's transaction."""

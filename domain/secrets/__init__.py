"""Finds what looks like a credential in text and JSON, so that none is stored."""

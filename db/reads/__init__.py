"""Reads, one file a noun, and what they share: keyset pages, conditions, lookups. No writes."""

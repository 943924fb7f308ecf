"""Reads, one file per noun, and what they share: keyset pages, conditions, lookups; no writes."""

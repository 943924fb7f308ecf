"""Readers of catalogs: each turns a source into a SourceFile, and reports what it cannot read."""

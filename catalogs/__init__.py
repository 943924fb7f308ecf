"""Readers of model catalogs, and their bulk import. Knows db and domain, nothing above them."""

"""Catalogs of models, their providers and prices, read from elsewhere and loaded in bulk."""

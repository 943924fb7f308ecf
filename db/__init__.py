"""Rows and SQL; knows nothing of GraphQL or HTTP."""

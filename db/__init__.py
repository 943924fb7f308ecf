"""Rows and SQL: everything that speaks to PostgreSQL. Nothing here knows GraphQL or HTTP."""

"""Everything that speaks to PostgreSQL: rows and SQL, nothing of GraphQL or HTTP."""

"""How we speak to PostgreSQL: connections, statements, batches, migrations; none of our tables."""

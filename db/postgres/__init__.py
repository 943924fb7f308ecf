"""How we speak to PostgreSQL: connections, statements, batches, migrations. No table of ours."""

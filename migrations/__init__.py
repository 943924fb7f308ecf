"""Alembic migrations, and the SQL files that they run. A released one is never edited."""

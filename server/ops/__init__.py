"""Operation of a server: health, metrics, logs, background jobs, event feed. No GraphQL here."""

"""Health, metrics, logs, background jobs, event feed. Knows nothing of GraphQL requests."""

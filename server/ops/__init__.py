"""What operators need: health, metrics, logs, background jobs, the event feed."""

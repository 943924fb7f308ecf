"""Access: who calls, what the caller may do, and how much."""

"""HTTP, processes, the outside world."""

"""What mutations do, one noun a file: their inputs, then their verbs."""

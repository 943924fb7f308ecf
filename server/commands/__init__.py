"""The commands of `registry`, one module each; a command imports only what it needs."""

"""Load from users of three kinds, on a deployment or on a registry that the command starts."""

"""The names of settings. It imports nothing: a command without settings starts fast."""

PREFIX = "REGISTRY_"
_WITHOUT_PREFIX = ("database_url", "database_replica_urls")


def setting_name(field: str) -> str:
    """The environment variable that sets a field."""
    return field.upper() if field in _WITHOUT_PREFIX else PREFIX + field.upper()

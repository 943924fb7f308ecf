"""The formats of names, as regular expressions with one meaning in PostgreSQL and Python."""

NAME = "^[A-Za-z0-9]([A-Za-z0-9._:/@-]{0,198}[A-Za-z0-9])?$"
SLUG = "^[a-z0-9][a-z0-9-]{0,62}$"  # providers, subjects, regions
ALIAS = "^[a-z][a-z0-9-]{0,62}$"
TOKEN = "^[a-z0-9][a-z0-9._-]{0,62}$"  # noqa: S105  a format, not a secret
SHA256 = "^[0-9a-f]{64}$"

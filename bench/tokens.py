"""Tokens for measurements, inserted into a database beside its servers."""

import psycopg

from domain import ids, token_secrets
from domain.access import Role


def issue(url: str, role: Role) -> str:
    """The secret of a new token."""
    prefix, key = token_secrets.new_prefix(), ids.new()
    secret = token_secrets.new(prefix)
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO tokens (id, name, role, prefix) VALUES (%s, %s, %s, %s)",
            (key, f"bench-{prefix}", role, prefix),
        )
        connection.execute(
            "INSERT INTO token_secrets (token_id, secret_hash) VALUES (%s, %s)",
            (key, secret.secret_hash),
        )
    return secret.text

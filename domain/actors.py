"""The actors of audit events: who made a change. This is the one place that spells their names.

A name is a form and what it is about, as in `token:ci`. Whatever is not visible ASCII is written as
in a URL, so that two callers never share a name, and a name is safe in a line of a log.
"""

import re
from hashlib import sha256
from typing import NewType
from urllib.parse import quote, unquote

Actor = NewType("Actor", str)  # made in this module only

FORMS = (
    "token:<name> for a token, oidc:<subject> for a caller of the identity provider,"
    " anonymous for a caller without credentials in open mode,"
    " cli:<user> for a command, with the user of the operating system,"
    " import:<catalog> for an import, job:<name> for a background job, such as job:retention,"
    " and migration for a migration of the database"
)
ANONYMOUS = Actor("anonymous")
MIGRATION = Actor("migration")  # as the released migrations write it

_LENGTH_MAX = 255  # of what follows the form
_CUT_LENGTH, _DIGEST_LENGTH = 220, 32
_VISIBLE = "".join(map(chr, range(ord("!"), ord("~") + 1))).replace("%", "")
_KINDS = ("token", "oidc", "cli", "import", "job")
_FORM = re.compile(rf"anonymous|migration|(?:{'|'.join(_KINDS)}):[!-~]{{1,{_LENGTH_MAX}}}")


def is_actor(name: str) -> bool:
    """Whether a name has one of the forms."""
    return _FORM.fullmatch(name) is not None


def token(name: str) -> Actor:
    """A caller with the token of this name."""
    return _actor("token", name)


def oidc(subject: str) -> Actor:
    """A caller with an identity provider's token: the subject is its `sub`."""
    return _actor("oidc", subject)


def command(user: str) -> Actor:
    """A user of the operating system who runs a command."""
    return _actor("cli", user)


def catalog_import(catalog: str) -> Actor:
    """An import of a catalog, by the command or at the first start of a server."""
    return _actor("import", catalog)


def job(name: str) -> Actor:
    """A background job."""
    return _actor("job", name)


def token_name(actor: str) -> str | None:
    """The token's name in an actor, None when the actor is no token."""
    kind, _, name = actor.partition(":")
    return unquote(name) if kind == "token" and name else None


def _actor(kind: str, name: str) -> Actor:
    """The name is cut when it is too long: then a part of its SHA-256 tells it from others."""
    safe = quote(name or "unknown", safe=_VISIBLE)
    if len(safe) > _LENGTH_MAX:
        digest = sha256(safe.encode()).hexdigest()[:_DIGEST_LENGTH]
        safe = f"{safe[:_CUT_LENGTH]}~{digest}"
    return Actor(f"{kind}:{safe}")

"""Open mode, in which a caller needs no token: where it may listen, and what the start says."""

import socket

from server.commands import databases
from server.commands.failures import USAGE, Failure
from server.settings import Settings
from server.settings_base import is_loopback, setting_name
from server.settings_http import ANY_HOST

_TOKENS, _OPEN = setting_name("require_tokens"), setting_name("allow_open")
_HOSTS = f"{setting_name('allowed_hosts')}={ANY_HOST}"
_MAY = "whoever reaches this address may read, write and delete"
_MAKE_ONE = "registry token create --name admin --role ADMIN"


def check(settings: Settings, bound: socket.socket) -> None:
    """Refuse to listen where others could reach a registry that requires no tokens.

    The socket's own address counts: a name may resolve to any. With any host name, each page in a
    browser on this machine could reach it, too. Raises Failure.
    """
    if settings.require_tokens or settings.allow_open:
        return
    if ANY_HOST in settings.allowed_host_list:
        raise Failure(
            f"{_HOSTS}: any web page that is opened on this machine could read, write and delete,"
            f" by DNS rebinding; list the names, or set {_TOKENS}=true, or {_OPEN}=true to allow"
            " just that",
            USAGE,
        )
    if is_loopback(bound.getsockname()[0]):
        return
    raise Failure(
        f"{setting_name('host')}: other machines can reach {settings.host}, and whoever reaches it"
        f" could read, write and delete; set {_TOKENS}=true, or {_OPEN}=true to allow just that",
        USAGE,
    )


def warning(settings: Settings, bound: socket.socket, url: str) -> str | None:
    """The line that the start prints about access, if there is something to say."""
    if settings.require_tokens:
        return None if settings.oidc_issuer is not None else _without_tokens(settings, url)
    address = bound.getsockname()[0]
    pages = f"; so may any web page, by {_HOSTS}" if ANY_HOST in settings.allowed_host_list else ""
    if is_loopback(address):
        end = f"({_TOKENS}=true ends it){pages}"
        return f"Open mode: {_MAY}, also through a proxy on this machine {end}"
    return f"Warning: open mode on {address}, which other machines can reach: {_MAY}{pages}"


def _without_tokens(settings: Settings, url: str) -> str | None:
    """What to do when nobody can call yet."""
    from db.reads import tokens

    limits = settings.pool_limits
    migration = databases.migration(url, limits)
    if migration is None:
        return f"The database is empty: run `registry migrate`, then make a token: {_MAKE_ONE}"
    if not migration.fits:
        return None  # perhaps without the table of tokens
    found = databases.with_database(url, lambda each: tokens.valid_secrets(each.reader), limits)
    return None if found else f"No token is valid yet. Make one: {_MAKE_ONE}"

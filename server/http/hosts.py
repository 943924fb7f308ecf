"""The host names that requests may name, and the origins of pages that may open WebSockets.

A page of any site can let its own host name point to this machine (DNS rebinding). Then the browser
takes the registry for a part of that site, and sends what the page wants. Such a request names the
site's host.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import TypeAlias

from server.errors import HttpError
from server.http.origins import Origins
from server.settings import Settings
from server.settings_base import is_loopback, setting_name
from server.settings_http import ANY_HOST

IsAllowed: TypeAlias = Callable[[bytes], bool]

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\s:/@?#\[\]]+?)\.?(?::(\d{1,5}))?", re.IGNORECASE)
_ORIGIN = re.compile(rb"https?://([^\s/?#@\\]+)")  # of a page: it has no path
_SHOWN_MAX = 100
_KNOWN_MAX = 256  # host names whose check is remembered


@dataclass(frozen=True, slots=True)
class Hosts:
    """The names and addresses of one server."""

    is_allowed: IsAllowed  # of a Host header
    is_listed: IsAllowed  # the setting names it
    origins: Origins  # of other pages

    @classmethod
    def of(cls, settings: Settings) -> "Hosts":
        """The loopback names, the listening address, and what the setting lists.

        `*` holds only where a page of any host can do nothing by itself, or where that is allowed.
        """
        listed = frozenset(settings.allowed_host_list)
        any_host = ANY_HOST in listed and (settings.require_tokens or settings.allow_open)
        address = settings.host.lower()

        def is_listed(host: bytes) -> bool:
            name, port = _split(host)
            return name in listed or f"{name}:{port}" in listed

        @lru_cache(maxsize=_KNOWN_MAX)
        def is_allowed(host: bytes) -> bool:
            name, _ = _split(host)
            is_own = is_loopback(name.strip("[]")) or _is_listening(name.strip("[]"), address)
            return is_own or any_host or is_listed(host)

        return cls(is_allowed, is_listed, Origins.of(settings))

    def check(self, headers: Mapping[bytes, bytes], version: str) -> None:
        """Raises HttpError for a request that names another host or none, or comes from a page
        of another site."""
        host = headers.get(b"host")
        if host is None:
            if version != "1.0":  # no browser sends such a request, but probes of proxies do
                raise HttpError(400, "A request needs the header Host")
        elif not self.is_allowed(host):
            raise HttpError(421, _message("allowed_hosts", f"The host name {_shown(host)}", "name"))
        origin = headers.get(b"origin")
        if not self.is_page_allowed(origin, host):
            page = f"A page of {_shown(origin or b'')}"
            raise HttpError(403, _message("cors_origins", page, "origin"))

    def is_page_allowed(self, origin: bytes | None, host: bytes | None) -> bool:
        """Whether no page sent a request, or one of a listed origin, of this host, or of a name
        that the server is known by."""
        if origin is None or origin in self.origins.listed:
            return True
        found = _ORIGIN.fullmatch(origin)
        return found is not None and (found[1] == host or self.is_listed(found[1]))


def _split(host: bytes) -> tuple[str, str]:
    """The name in lower case, and the port; both empty when this is not a host."""
    found = _HOST.fullmatch(host.decode("latin-1"))
    return (found[1].lower(), found[2] or "") if found else ("", "")


def _is_listening(name: str, address: str) -> bool:
    """Whether the server listens on this address; on all, only an address can be its own.

    A page cannot let an IP address point elsewhere.
    """
    if name == address:
        return True
    try:
        own, given = ip_address(address), ip_address(name)
    except ValueError:
        return False
    return own.is_unspecified or own == given


def _message(setting: str, subject: str, noun: str) -> str:
    return (
        f"{subject} is not allowed here; an operator can add its {noun} to {setting_name(setting)}"
    )


def _shown(given: bytes) -> str:
    return repr(given[:_SHOWN_MAX].decode("latin-1"))

"""URLs of databases, as libpq reads them: one may name several hosts."""

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

_SCHEMES = ("postgres://", "postgresql://")


def problem(url: str) -> str | None:
    """Why a text is no URL of a database; None when it is one. It does not repeat the text."""
    if not url.startswith(_SCHEMES):
        return "must begin with postgresql:// or postgres://"
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError:
        return "is not a URL that libpq can read: postgresql://user:password@host:port/database"
    ports = str(parts.get("port") or "").split(",")
    if not all(port == "" or (port.isascii() and port.isdigit()) for port in ports):
        return "Port must be a number"
    if len(ports) not in (1, host_count(url)):
        return "has not as many ports as hosts"
    return None


def host_count(url: str) -> int:
    """How many hosts a URL names; a connection tries them in turn."""
    return len(str(conninfo_to_dict(url).get("host") or "").split(","))


def needs_primary(url: str) -> bool:
    """Whether a URL asks for a server that takes writes."""
    wanted = conninfo_to_dict(url).get("target_session_attrs")
    return wanted in ("read-write", "primary")

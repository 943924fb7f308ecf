"""The settings of browsers: pages of which other origins may use the API."""

import re

from pydantic import ValidationInfo, field_validator

from server.settings_base import SettingsPart, setting

_ORIGIN = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:(?P<port>\d{1,5}))?"
)
_PORTS = {"http": 80, "https": 443}
_EXAMPLE = "an origin is written like https://dash.example.com or http://localhost:5173"


class BrowserSettings(SettingsPart):
    """The part of the settings that is about pages in browsers."""

    cors_origins: str = setting(
        "",
        "Origins of pages that may use the API, beside its own, over HTTP and WebSocket:"
        " `https://dash.example.com, http://localhost:5173`. Each is exact; there is no `*`.",
    )
    cors_credentials: bool = setting(
        False,
        "Let these pages send cookies and client certificates, for a proxy in front that asks for"
        " them. The registry uses neither; a token in `Authorization` does not need this.",
    )

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, line: str) -> str:
        for origin in _split(line):
            _check(origin)
        return line

    @field_validator("cors_credentials")
    @classmethod
    def _has_origins(cls, is_allowed: bool, info: ValidationInfo) -> bool:
        if is_allowed and info.data.get("cors_origins", "invalid") == "":
            raise ValueError("needs origins, in REGISTRY_CORS_ORIGINS")
        return is_allowed

    @property
    def cors_origin_list(self) -> list[str]:
        """The origins of the setting, as browsers write them: without the scheme's own port."""
        return [_canonical(origin) for origin in _split(self.cors_origins)]


def _split(line: str) -> list[str]:
    return [origin.strip() for origin in line.split(",") if origin.strip()]


def _check(origin: str) -> None:
    """Raises ValueError for what no page's Origin header could equal, or what too many could."""
    if origin == "*":
        raise ValueError("`*` would open the registry to every web page; name each origin")
    if origin.lower() == "null":
        raise ValueError(
            "`null` is the origin of local files and of sandboxed frames on any site; serve the"
            " page from an origin of its own"
        )
    if "*" in origin:
        raise ValueError(f"{origin!r} has a wildcard; name each origin")
    found = _ORIGIN.fullmatch(origin.lower())
    if found is not None and int(found["port"] or 1) in range(1, 65_536):
        return
    _, has_scheme, rest = origin.partition("://")
    if not has_scheme:
        raise ValueError(f"{origin!r} has no scheme; {_EXAMPLE}")
    if any(mark in rest for mark in "/?#"):
        raise ValueError(f"{origin!r} has a path, or a slash at its end; {_EXAMPLE}")
    if not rest.isascii():
        raise ValueError(f"{origin!r} is not ASCII; write the name as browsers send it: xn--...")
    raise ValueError(f"{origin!r} is no origin; {_EXAMPLE}")


def _canonical(origin: str) -> str:
    found = _ORIGIN.fullmatch(origin.lower())
    assert found is not None  # it was checked
    port = int(found["port"] or 0)
    suffix = f":{port}" if port and port != _PORTS[found["scheme"]] else ""
    return f"{found['scheme']}://{found['host']}{suffix}"

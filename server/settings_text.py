"""What is told of the settings: the table of README.md, and errors for invalid values."""

from pydantic import ValidationError

from server.settings import Settings
from server.settings_base import setting_name
from server.settings_http import HttpSettings
from server.settings_oidc import OidcSettings

# They may contain a password.
_SECRET = tuple(map(setting_name, ("database_url", "database_replica_urls", "listen_url")))


def problems(error: ValidationError) -> list[str]:
    """One line per invalid setting; each begins with the name of the variable."""
    return [_problem(item["loc"], item["msg"], item["input"]) for item in error.errors()]


def _problem(location: tuple[int | str, ...], message: str, value: object) -> str:
    text = message.removeprefix("Value error, ")
    if not location:  # of several settings, which the message names; the value is all of them
        return text
    name = setting_name(str(location[0]).lower())
    shown = "" if name in _SECRET else f" (the value is {value!r})"
    return f"{name}: {text}{shown}"


def table() -> str:
    """The settings as the Markdown table of README.md."""
    later = HttpSettings.model_fields | OidcSettings.model_fields  # base classes would come first
    fields = {k: v for k, v in Settings.model_fields.items() if k not in later} | later
    rows = [
        f"| `{setting_name(name)}` | {_default(field.default)} | {field.description} |"
        for name, field in fields.items()
    ]
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows])


def _default(value: object) -> str:
    if value in (None, ""):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"

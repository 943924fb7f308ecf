"""What is told of the settings: the table of README.md, and errors for invalid values."""

from pydantic import ValidationError

from server.settings import Settings
from server.settings_base import setting_name
from server.settings_http import HttpSettings
from server.settings_oidc import OidcSettings

_SECRET = ("DATABASE_URL", setting_name("listen_url"))  # may contain a password


def problems(error: ValidationError) -> list[str]:
    """One line per invalid setting; each begins with the name of the variable."""
    return [_problem(str(item["loc"][0]), item["msg"], item["input"]) for item in error.errors()]


def _problem(field: str, message: str, value: object) -> str:
    name = field if field == "DATABASE_URL" else setting_name(field)
    shown = "" if name in _SECRET else f" (the value is {value!r})"
    return f"{name}: {message.removeprefix('Value error, ')}{shown}"


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

"""How a setting is declared: a field with its default, its meaning and its bounds."""

from typing import Any, TypeVar, cast

from pydantic import Field

PREFIX = "REGISTRY_"

T = TypeVar("T")


def setting_name(field: str) -> str:
    """The environment variable that sets a field."""
    return "DATABASE_URL" if field == "database_url" else PREFIX + field.upper()


def setting(default: T, meaning: str, **constraints: Any) -> T:
    """A field of a settings class."""
    return cast("T", Field(default, description=meaning, **constraints))

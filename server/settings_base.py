"""How a setting is declared: a field with its default, its meaning and its bounds."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from server.setting_names import PREFIX as PREFIX
from server.setting_names import setting_name as setting_name

T = TypeVar("T")


def _expanded(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError(str(error)) from error


SettingPath = Annotated[Path, AfterValidator(_expanded)]  # `~` is the home directory


class SettingsPart(BaseSettings):
    """A part of the settings; only the whole needs a validator, which takes time to build.

    A field with a `validation_alias` is set by that alone: with `validate_by_name` the environment
    would set it by REGISTRY_ and its name, too.
    """

    model_config = SettingsConfigDict(defer_build=True)


def setting(default: T, meaning: str, **constraints: Any) -> T:
    """A field of a settings class."""
    return cast("T", Field(default, description=meaning, **constraints))


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost"
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback

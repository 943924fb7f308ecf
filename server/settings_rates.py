"""The settings of rates: how much a caller may use a minute."""

from server.settings_base import SettingsPart, setting


class RateSettings(SettingsPart):
    """The part of the settings that is about points and wrong credentials."""

    points_per_minute: int = setting(
        60_000,
        "Points that a token may use a minute, per process; with N workers up to N times as many."
        " More get status 429, RATE_LIMITED. 0: any number, and no costs in responses.",
        ge=0,
    )
    gateway_points_per_minute: int = setting(
        6_000_000,
        "The same for a token with the role GATEWAY.",
        ge=0,
    )
    wrong_credentials_per_minute: int = setting(
        60,
        "Wrong credentials a minute from one address (of IPv6, one /64 network), per process; more"
        " get status 429, RATE_LIMITED, and are not looked up. 0: any number.",
        ge=0,
    )

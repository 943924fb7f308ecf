"""The settings of access: who may call, from where, and how much a minute."""

from server.settings_base import SettingsPart, setting


class AccessSettings(SettingsPart):
    """The part of the settings that is about callers."""

    require_tokens: bool = setting(
        False,
        "Refuse each caller without a token. `false`: whoever reaches the address may read, write"
        " and delete.",
    )
    allow_open: bool = setting(
        False,
        "Listen on an address that other machines can reach though no tokens are required: whoever"
        " reaches it may read, write and delete.",
    )


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

"""The settings of access: who may call, and from where."""

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

"""The settings of routes, which tell gateways where to send calls."""

from server.settings_base import SettingsPart, setting


class RouteSettings(SettingsPart):
    """The part of the settings that is about routes."""

    route_ttl_seconds: int = setting(
        10, "Seconds that a gateway may use a route at most: its `ttlSeconds`.", ge=1, le=60
    )

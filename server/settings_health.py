"""The settings of the bindings' health, computed from reported outcomes, and of routes."""

from pydantic import ValidationInfo, field_validator

from domain.health import HealthRules
from server.settings_base import SettingsPart, setting


class HealthSettings(SettingsPart):
    """The part of the settings that is about the bindings' health."""

    health_window_minutes: int = setting(
        15,
        "Minutes of outcomes from which the health of a binding is computed; the current one is the"
        " last of them.",
        ge=2,
        le=1_440,
    )
    degraded_min: float = setting(
        0.9, "Lowest success rate of a DEGRADED binding; with less it is UNHEALTHY.", ge=0, le=1
    )
    healthy_min: float = setting(
        0.99, "Lowest success rate of a HEALTHY binding; with less it is DEGRADED.", ge=0, le=1
    )

    @field_validator("healthy_min")
    @classmethod
    def _is_above_degraded(cls, healthy_min: float, info: ValidationInfo) -> float:
        degraded_min = info.data.get("degraded_min", 0)
        if healthy_min < degraded_min:
            raise ValueError(f"must be at least REGISTRY_DEGRADED_MIN, which is {degraded_min}")
        return healthy_min

    @property
    def health_rules(self) -> HealthRules:
        """What the health of a binding is computed by."""
        return HealthRules(self.health_window_minutes, self.healthy_min, self.degraded_min)


class RouteSettings(SettingsPart):
    """The part of the settings that is about routes."""

    route_ttl_seconds: int = setting(
        10, "Seconds that a gateway may use a route at most: its `ttlSeconds`.", ge=1, le=60
    )

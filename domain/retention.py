"""The rule of retention: which versions of a model are archived, and which are protected."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.enums import ProtectionReason, VersionStatus

KEEP_MIN, KEEP_MAX = 1, 10
PLANNED_MAX = 1_000  # versions that a plan may name; `registry retention plan` prints any number
RECENT_TRAFFIC = timedelta(days=7)  # by default, a version that was called since then stays
ACTIONS_MAX = 200  # versions in one call: one transaction within an operation's timeout


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the rule knows of a version; only ACTIVE and DEPRECATED ones are candidates."""

    id: UUID
    release_order: int  # unique in a model; the higher, the later (db/tables/versions.py)
    status: VersionStatus
    has_alias: bool = False
    is_held: bool = False
    is_listed: bool = False
    has_recent_traffic: bool = False


def to_archive(
    candidates: Iterable[Candidate], keep: int
) -> tuple[list[Candidate], list[tuple[Candidate, ProtectionReason]]]:
    """The versions of one model to archive, and the protected ones beyond the latest `keep`.

    The `keep` latest stay, protected or not. The others are archived, except those that
    `protection` names a reason for. If no ACTIVE version would stay, the latest ACTIVE one stays.
    """
    ordered = latest(candidates)
    kept, others = ordered[:keep], ordered[keep:]
    reasons = {v.id: reason for v in others if (reason := _protection_of(v))}
    staying = [*kept, *(version for version in others if version.id in reasons)]
    if not any(version.status == VersionStatus.ACTIVE for version in staying):
        latest_active = next((v for v in others if v.status == VersionStatus.ACTIVE), None)
        if latest_active is not None:
            reasons[latest_active.id] = ProtectionReason.ONLY_ACTIVE
    archive = [version for version in others if version.id not in reasons]
    return archive, [(v, reasons[v.id]) for v in others if v.id in reasons]


def latest(candidates: Iterable[Candidate], count: int | None = None) -> list[Candidate]:
    """The `count` latest versions, or all, latest first."""
    return sorted(candidates, key=lambda version: version.release_order, reverse=True)[:count]


def protection(
    *,
    has_alias: bool = False,
    is_held: bool = False,
    is_listed: bool = False,
    has_recent_traffic: bool = False,
) -> ProtectionReason | None:
    """What protects a version from being archived or purged, the first of several; None if nothing.

    A listed version is not purged either: the next import would create it again, as a new version.
    """
    reasons = (
        (has_alias, ProtectionReason.ALIAS),
        (is_held, ProtectionReason.HOLD),
        (is_listed, ProtectionReason.LISTED),
        (has_recent_traffic, ProtectionReason.RECENT_TRAFFIC),
    )
    return next((reason for applies, reason in reasons if applies), None)


def explanation(
    aliases: Sequence[str],
    hold_reason: str | None,
    catalogs: Sequence[str],
    last_called_at: datetime | None,
) -> str:
    """All that protects a version, for people: aliases, its hold, catalogs, and recent calls."""
    parts = [f"the alias {alias} points at it" for alias in aliases]
    if hold_reason is not None:
        parts.append(f"it is held: {hold_reason}" if hold_reason else "it is held")
    if catalogs:
        parts.append(f"listed in {' and '.join(catalogs)}")
    if last_called_at is not None:
        parts.append(f"it was called recently, last at {last_called_at:%Y-%m-%d %H:%M} UTC")
    return "; ".join(parts) or "no later version is ACTIVE"


def _protection_of(version: Candidate) -> ProtectionReason | None:
    return protection(
        has_alias=version.has_alias,
        is_held=version.is_held,
        is_listed=version.is_listed,
        has_recent_traffic=version.has_recent_traffic,
    )

"""The rule of retention: which versions of a model are archived, and which are protected."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from domain.enums import ProtectionReason, VersionStatus

KEEP_MIN, KEEP_MAX = 1, 10


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the rule knows of a version; only ACTIVE and DEPRECATED ones are candidates."""

    id: UUID
    number: int
    status: VersionStatus
    has_alias: bool = False
    is_held: bool = False
    has_recent_traffic: bool = False


def to_archive(
    candidates: Iterable[Candidate], keep: int
) -> tuple[list[Candidate], list[tuple[Candidate, ProtectionReason]]]:
    """The versions of one model to archive, and the protected ones beyond the newest `keep`.

    The `keep` highest numbers stay, protected or not. The others are archived, except those with an
    alias, a hold or recent traffic. If no ACTIVE version would stay, the newest ACTIVE one stays.
    """
    newest_first = sorted(candidates, key=lambda version: version.number, reverse=True)
    kept, others = newest_first[:keep], newest_first[keep:]
    reasons = {v.number: reason for v in others if (reason := _protection_reason(v))}
    staying = [*kept, *(version for version in others if version.number in reasons)]
    if not any(version.status == VersionStatus.ACTIVE for version in staying):
        newest_active = next((v for v in others if v.status == VersionStatus.ACTIVE), None)
        if newest_active is not None:
            reasons[newest_active.number] = ProtectionReason.ONLY_ACTIVE
    archive = [version for version in others if version.number not in reasons]
    return archive, [(v, reasons[v.number]) for v in others if v.number in reasons]


def _protection_reason(version: Candidate) -> ProtectionReason | None:
    if version.has_alias:
        return ProtectionReason.ALIAS
    if version.is_held:
        return ProtectionReason.HOLD
    return ProtectionReason.RECENT_TRAFFIC if version.has_recent_traffic else None

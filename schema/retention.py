"""The types of retention."""

from datetime import datetime

import strawberry

import resolvers.retention
from db import tables
from db.reads import retention_plan, retention_runs
from domain.enums import ProtectionReason
from resolvers.scalars import BigInt
from schema.fields import attribute, batched, type_of
from schema.versions import ModelVersion


@type_of(tables.RetentionRun, "One run of retention.")
class RetentionRun:
    node_id: strawberry.ID = attribute("Names the run in the audit log.", name="id")
    at: datetime = attribute("When it began.")
    actor: str = attribute("Who ran it.")
    archived: int = attribute("Versions archived, so far while it runs.")
    purged: int = attribute("Archives purged, so far while it runs.")


@type_of(retention_plan.Action, "A version that would be archived, or purged.")
class RetentionAction:
    version: ModelVersion = batched(resolvers.retention.versions_of_actions, "version_id")
    reason: str = attribute("Why.")


@type_of(retention_plan.Protected, "A version that stays although its number would let it go.")
class ProtectedVersion:
    version: ModelVersion = batched(resolvers.retention.versions_of_protected, "version_id")
    because: ProtectionReason = attribute("What protects it; the first of several reasons.")


@type_of(retention_plan.RetentionPlan, "What applyRetention would do.")
class RetentionPlan:
    archive: list[RetentionAction] = attribute("Versions it would archive.")
    purge: list[RetentionAction] = attribute("Archived versions it would remove for good.")
    protected: list[ProtectedVersion] = attribute("Versions it leaves, and why.")
    plan_hash: str = attribute("Stands for archive and purge; give it to applyRetention.")


@type_of(
    retention_runs.RetentionStats, "What retention has archived, and what it would archive now."
)
class RetentionStats:
    active: int = attribute("ACTIVE versions.")
    archived: int = attribute("ARCHIVED versions.")
    archivable: int = attribute("Versions that retention would archive now.")
    purgeable: int = attribute("Archives older than 365 days that no hold keeps.")
    cold_bytes: BigInt = attribute("Size of all archives in cold storage.")
    last_run: RetentionRun | None = attribute("The newest run, if any.")

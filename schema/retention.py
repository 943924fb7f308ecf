"""The types of retention."""

from datetime import datetime

import resolvers.retention
from db import tables
from db.reads import retention_plan, retention_runs
from domain.enums import ProtectionReason
from domain.retention import PLANNED_MAX
from resolvers.scalars import BigInt, SemVer
from schema.fields import attribute, batched, type_of
from schema.nodes import Node
from schema.versions import ModelVersion


@type_of(
    tables.RetentionRun,
    "One run of retention: by applyRetention, by the background job or on the command line.",
)
class RetentionRun(Node):
    at: datetime = attribute("When the run began.")
    actor: str = attribute("Who started it; see AuditEvent.actor.")
    archived: int = attribute("How many versions it has archived so far.")
    purged: int = attribute("How many archived versions it has deleted for good so far.")


@type_of(retention_plan.Action, "A version that retention would archive or purge.")
class RetentionAction:
    version: ModelVersion = batched(resolvers.retention.versions_of_actions, "version_id")
    model_name: str = attribute("The name of its model, as version.model has it.")
    version_label: SemVer = attribute("Its semantic version, as version.version has it.")
    reason: str = attribute("An explanation for people.")


@type_of(
    retention_plan.Protected,
    "A version that retention protects, although it is beyond the number to keep or past its time.",
)
class ProtectedVersion:
    version: ModelVersion = batched(resolvers.retention.versions_of_protected, "version_id")
    model_name: str = attribute("The name of its model, as version.model has it.")
    version_label: SemVer = attribute("Its semantic version, as version.version has it.")
    because: ProtectionReason = attribute(
        "What protects it. With several reasons, the first in the order of ProtectionReason."
    )
    reason: str = attribute(
        "An explanation for people, with all that protects it: its aliases, its hold, the catalogs"
        " that list it, and when it was called last, if that was recently."
    )


@type_of(retention_plan.RetentionPlan, "What applyRetention would do with the same input.")
class RetentionPlan:
    archive: list[RetentionAction] = attribute(
        "The versions that it would archive.", items_max=PLANNED_MAX
    )
    purge: list[RetentionAction] = attribute(
        "The archived versions that it would delete for good; empty without purgeArchivedBefore.",
        items_max=PLANNED_MAX,
    )
    protected: list[ProtectedVersion] = attribute(
        "The versions that it protects, each with the reason.", items_max=PLANNED_MAX
    )
    plan_hash: str = attribute(
        "A hash of archive and purge. Pass it to applyRetention to run exactly this plan."
    )


@type_of(
    retention_runs.RetentionStats, "Numbers of versions for retention, of one model or of all."
)
class RetentionStats:
    active: int = attribute("Number of ACTIVE versions.")
    archived: int = attribute("Number of ARCHIVED versions.")
    archivable: int = batched(resolvers.retention.archivable, "model_id")
    purgeable: int = attribute(
        "Number of versions that were archived more than 365 days ago, and are neither held nor"
        " listed in a catalog."
    )
    cold_bytes: BigInt = attribute("Total size of the archives in cold storage, in bytes.")
    last_run: RetentionRun | None = attribute(
        "The newest retention run that covered the model, or of all runs; null before the first."
    )

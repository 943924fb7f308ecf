"""The types Retirement and Successor."""

from datetime import date

import resolvers.retirements
from db.reads import retirements, successors
from domain import rules
from domain.retirement_enums import RetirementKind, SuccessorRule
from resolvers.scalars import SemVer
from schema.bindings import ProviderBinding
from schema.fields import attribute, batched, type_of
from schema.versions import ModelVersion


@type_of(successors.Successor, "A version that the server proposes in place of one that retires.")
class Successor:
    rule: SuccessorRule = attribute("The rule that found it.")
    version: ModelVersion = batched(resolvers.retirements.versions_of_successors, "version_id")
    model_name: str = attribute("The name of its model, as version.model has it.")
    version_label: SemVer = attribute("Its semantic version, as version.version has it.")


@type_of(
    retirements.Retirement,
    "A day on which a version is deprecated, or on which a version or a binding ends.",
)
class Retirement:
    on: date = attribute("The day, in UTC.")
    kind: RetirementKind = attribute("What happens on that day.")
    version: ModelVersion = batched(resolvers.retirements.versions_of_retirements, "version_id")
    binding: ProviderBinding | None = batched(
        resolvers.retirements.bindings_of_retirements, "binding_id"
    )
    model_name: str = batched(resolvers.retirements.model_names, "id", "model_name")
    version_label: SemVer = batched(resolvers.retirements.version_labels, "id", "version_label")
    alias_names: list[str] = batched(
        resolvers.retirements.alias_names, "id", "alias_names", items_max=rules.ALIASES_MAX
    )
    provider_name: str | None = batched(resolvers.retirements.provider_names, "id", "provider_name")
    region: str | None = batched(resolvers.retirements.regions, "id", "region")
    binding_count: int = batched(resolvers.retirements.binding_counts, "id", "binding_count")
    successor: Successor | None = batched(
        resolvers.retirements.successors_of_retirements, "successor_key"
    )

"""The type Mutation."""

import strawberry

import resolvers.writing.aliases
import resolvers.writing.archive
import resolvers.writing.bindings
import resolvers.writing.circuits
import resolvers.writing.models
import resolvers.writing.outcomes
import resolvers.writing.prices
import resolvers.writing.providers
import resolvers.writing.retention
import resolvers.writing.versions
from schema import payloads
from schema.fields import mutation


@strawberry.type(
    description="Changes to the registry. Each field runs in its own transaction, in order, and"
    " takes effect as a whole or not at all. Failures that the caller can act on are in the"
    " payload's userErrors. A field is null when it failed for another reason; its error says in"
    " extensions.outcome what is known of its write: NOT_STARTED, NOT_COMMITTED, COMMITTED or"
    " UNKNOWN. A retry with the same idempotencyKey is safe for 24 hours."
)
class Mutation:
    create_model: payloads.CreateModelPayload | None = mutation(resolvers.writing.models.create)
    update_model: payloads.UpdateModelPayload | None = mutation(resolvers.writing.models.update)
    delete_model: payloads.DeleteModelPayload | None = mutation(resolvers.writing.models.delete)
    create_version: payloads.CreateVersionPayload | None = mutation(
        resolvers.writing.versions.create
    )
    update_version: payloads.UpdateVersionPayload | None = mutation(
        resolvers.writing.versions.update
    )
    delete_version: payloads.DeleteVersionPayload | None = mutation(
        resolvers.writing.versions.delete
    )
    archive_version: payloads.ArchiveVersionPayload | None = mutation(
        resolvers.writing.archive.archive
    )
    restore_version: payloads.RestoreVersionPayload | None = mutation(
        resolvers.writing.archive.restore
    )
    set_version_hold: payloads.SetVersionHoldPayload | None = mutation(
        resolvers.writing.archive.set_hold
    )
    create_binding: payloads.CreateBindingPayload | None = mutation(
        resolvers.writing.bindings.create
    )
    update_binding: payloads.UpdateBindingPayload | None = mutation(
        resolvers.writing.bindings.update
    )
    delete_binding: payloads.DeleteBindingPayload | None = mutation(
        resolvers.writing.bindings.delete
    )
    set_circuit: payloads.SetCircuitPayload | None = mutation(
        resolvers.writing.circuits.set_circuit
    )
    claim_trial: payloads.ClaimTrialPayload | None = mutation(
        resolvers.writing.circuits.claim_trial
    )
    set_price: payloads.SetPricePayload | None = mutation(resolvers.writing.prices.set_price)
    withdraw_price: payloads.WithdrawPricePayload | None = mutation(
        resolvers.writing.prices.withdraw
    )
    create_provider: payloads.CreateProviderPayload | None = mutation(
        resolvers.writing.providers.create
    )
    update_provider: payloads.UpdateProviderPayload | None = mutation(
        resolvers.writing.providers.update
    )
    delete_provider: payloads.DeleteProviderPayload | None = mutation(
        resolvers.writing.providers.delete
    )
    set_alias: payloads.SetAliasPayload | None = mutation(resolvers.writing.aliases.point)
    rollback_alias: payloads.RollbackAliasPayload | None = mutation(
        resolvers.writing.aliases.roll_back
    )
    delete_alias: payloads.DeleteAliasPayload | None = mutation(resolvers.writing.aliases.delete)
    apply_retention: payloads.ApplyRetentionPayload | None = mutation(
        resolvers.writing.retention.apply
    )
    report_outcomes: payloads.ReportOutcomesPayload | None = mutation(
        resolvers.writing.outcomes.report
    )

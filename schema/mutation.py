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
import resolvers.writing.tokens
import resolvers.writing.versions
from domain.access import Role
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
    create_model: payloads.CreateModelPayload | None = mutation(
        resolvers.writing.models.create, requires=Role.EDITOR
    )
    update_model: payloads.UpdateModelPayload | None = mutation(
        resolvers.writing.models.update, requires=Role.EDITOR
    )
    delete_model: payloads.DeleteModelPayload | None = mutation(
        resolvers.writing.models.delete, requires=Role.EDITOR
    )
    create_version: payloads.CreateVersionPayload | None = mutation(
        resolvers.writing.versions.create, requires=Role.EDITOR
    )
    update_version: payloads.UpdateVersionPayload | None = mutation(
        resolvers.writing.versions.update, requires=Role.EDITOR
    )
    delete_version: payloads.DeleteVersionPayload | None = mutation(
        resolvers.writing.versions.delete, requires=Role.EDITOR
    )
    archive_version: payloads.ArchiveVersionPayload | None = mutation(
        resolvers.writing.archive.archive, requires=Role.EDITOR
    )
    restore_version: payloads.RestoreVersionPayload | None = mutation(
        resolvers.writing.archive.restore, requires=Role.EDITOR
    )
    set_version_hold: payloads.SetVersionHoldPayload | None = mutation(
        resolvers.writing.archive.set_hold, requires=Role.EDITOR
    )
    create_binding: payloads.CreateBindingPayload | None = mutation(
        resolvers.writing.bindings.create, requires=Role.EDITOR
    )
    update_binding: payloads.UpdateBindingPayload | None = mutation(
        resolvers.writing.bindings.update, requires=Role.EDITOR
    )
    delete_binding: payloads.DeleteBindingPayload | None = mutation(
        resolvers.writing.bindings.delete, requires=Role.EDITOR
    )
    set_circuit: payloads.SetCircuitPayload | None = mutation(
        resolvers.writing.circuits.set_circuit, requires=Role.EDITOR
    )
    claim_trial: payloads.ClaimTrialPayload | None = mutation(
        resolvers.writing.circuits.claim_trial, requires=Role.GATEWAY
    )
    set_price: payloads.SetPricePayload | None = mutation(
        resolvers.writing.prices.set_price, requires=Role.EDITOR
    )
    withdraw_price: payloads.WithdrawPricePayload | None = mutation(
        resolvers.writing.prices.withdraw, requires=Role.EDITOR
    )
    create_provider: payloads.CreateProviderPayload | None = mutation(
        resolvers.writing.providers.create, requires=Role.EDITOR
    )
    update_provider: payloads.UpdateProviderPayload | None = mutation(
        resolvers.writing.providers.update, requires=Role.EDITOR
    )
    delete_provider: payloads.DeleteProviderPayload | None = mutation(
        resolvers.writing.providers.delete, requires=Role.EDITOR
    )
    set_alias: payloads.SetAliasPayload | None = mutation(
        resolvers.writing.aliases.point, requires=Role.EDITOR
    )
    rollback_alias: payloads.RollbackAliasPayload | None = mutation(
        resolvers.writing.aliases.roll_back, requires=Role.EDITOR
    )
    delete_alias: payloads.DeleteAliasPayload | None = mutation(
        resolvers.writing.aliases.delete, requires=Role.EDITOR
    )
    apply_retention: payloads.ApplyRetentionPayload | None = mutation(
        resolvers.writing.retention.apply, requires=Role.EDITOR
    )
    report_outcomes: payloads.ReportOutcomesPayload | None = mutation(
        resolvers.writing.outcomes.report, requires=Role.GATEWAY
    )
    create_token: payloads.CreateTokenPayload | None = mutation(
        resolvers.writing.tokens.create, requires=Role.ADMIN
    )
    rotate_token: payloads.RotateTokenPayload | None = mutation(
        resolvers.writing.tokens.rotate, requires=Role.ADMIN
    )
    revoke_token: payloads.RevokeTokenPayload | None = mutation(
        resolvers.writing.tokens.revoke, requires=Role.ADMIN
    )

"""The type Query."""

import strawberry

import resolvers.audit
import resolvers.bindings
import resolvers.catalogs
import resolvers.models
import resolvers.nodes
import resolvers.price_changes
import resolvers.providers
import resolvers.registry
import resolvers.retention
import resolvers.retirements
import resolvers.routes
import resolvers.stats
import resolvers.tokens
import resolvers.versions
from domain.access import Role
from schema.audit import AuditEvent
from schema.bindings import ProviderBinding
from schema.catalogs import Catalog
from schema.fields import field
from schema.models import Model
from schema.nodes import Node
from schema.pages import Connection
from schema.price_changes import PriceChange
from schema.providers import Provider
from schema.retention import RetentionPlan, RetentionStats
from schema.retirements import Retirement
from schema.routes import Route
from schema.service import ServiceInfo
from schema.stats import RegistryStats
from schema.tokens import Viewer
from schema.versions import ModelVersion


@strawberry.type(description="Read-only queries.")
class Query:
    node: Node | None = field(
        resolvers.nodes.get, requires=Role.READER, several=resolvers.nodes.get_several
    )
    nodes: list[Node | None] = field(resolvers.nodes.several, requires=Role.READER)
    model: Model | None = field(
        resolvers.models.get, requires=Role.READER, several=resolvers.models.get_several
    )
    models: Connection[Model] = field(resolvers.models.page, requires=Role.READER)
    version: ModelVersion | None = field(resolvers.versions.get, requires=Role.READER)
    versions: Connection[ModelVersion] = field(resolvers.versions.page, requires=Role.READER)
    binding: ProviderBinding | None = field(
        resolvers.bindings.get, requires=Role.READER, several=resolvers.bindings.get_several
    )
    bindings: Connection[ProviderBinding] = field(resolvers.bindings.page, requires=Role.READER)
    price_changes: Connection[PriceChange] = field(
        resolvers.price_changes.page, requires=Role.READER
    )
    provider: Provider | None = field(
        resolvers.providers.get, requires=Role.READER, several=resolvers.providers.get_several
    )
    providers: Connection[Provider] = field(resolvers.providers.page, requires=Role.READER)
    catalog: Catalog | None = field(
        resolvers.catalogs.get, requires=Role.READER, several=resolvers.catalogs.get_several
    )
    catalogs: Connection[Catalog] = field(resolvers.catalogs.page, requires=Role.READER)
    route: Route | None = field(
        resolvers.routes.get,
        requires=Role.READER,
        several=resolvers.routes.get_several,
        observed=True,
    )
    routes: list[Route | None] = field(
        resolvers.routes.several, requires=Role.READER, observed=True
    )
    audit_events: Connection[AuditEvent] = field(resolvers.audit.page, requires=Role.READER)
    stats: RegistryStats = field(resolvers.stats.get, requires=Role.READER)
    retirements: Connection[Retirement] = field(resolvers.retirements.page, requires=Role.READER)
    retention_stats: RetentionStats = field(
        resolvers.retention.stats, requires=Role.READER, fresh=True
    )
    retention_plan: RetentionPlan = field(
        resolvers.retention.plan, requires=Role.READER, fresh=True
    )
    viewer: Viewer = field(resolvers.tokens.viewer, requires=Role.READER, personal=True)
    service: ServiceInfo = field(resolvers.registry.service, requires=Role.READER)

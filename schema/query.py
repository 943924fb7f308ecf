"""The type Query."""

import strawberry

import resolvers.audit
import resolvers.bindings
import resolvers.catalogs
import resolvers.models
import resolvers.nodes
import resolvers.providers
import resolvers.registry
import resolvers.retention
import resolvers.routes
import resolvers.stats
import resolvers.versions
from schema.audit import AuditEvent
from schema.bindings import ProviderBinding
from schema.catalogs import Catalog
from schema.fields import field
from schema.models import Model
from schema.nodes import Node
from schema.pages import Connection
from schema.providers import Provider
from schema.retention import RetentionPlan, RetentionStats
from schema.routes import Route
from schema.service import ServiceInfo
from schema.stats import RegistryStats
from schema.versions import ModelVersion


@strawberry.type(description="Read-only queries.")
class Query:
    node: Node | None = field(resolvers.nodes.get, several=resolvers.nodes.get_several)
    nodes: list[Node | None] = field(resolvers.nodes.several)
    model: Model | None = field(resolvers.models.get, several=resolvers.models.get_several)
    models: Connection[Model] = field(resolvers.models.page)
    version: ModelVersion | None = field(resolvers.versions.get)
    versions: Connection[ModelVersion] = field(resolvers.versions.page)
    binding: ProviderBinding | None = field(
        resolvers.bindings.get, several=resolvers.bindings.get_several
    )
    bindings: Connection[ProviderBinding] = field(resolvers.bindings.page)
    provider: Provider | None = field(
        resolvers.providers.get, several=resolvers.providers.get_several
    )
    providers: Connection[Provider] = field(resolvers.providers.page)
    catalog: Catalog | None = field(resolvers.catalogs.get, several=resolvers.catalogs.get_several)
    catalogs: Connection[Catalog] = field(resolvers.catalogs.page)
    route: Route | None = field(
        resolvers.routes.get, several=resolvers.routes.get_several, observed=True
    )
    routes: list[Route | None] = field(resolvers.routes.several, observed=True)
    audit_events: Connection[AuditEvent] = field(resolvers.audit.page)
    stats: RegistryStats = field(resolvers.stats.get)
    retention_stats: RetentionStats = field(resolvers.retention.stats, fresh=True)
    retention_plan: RetentionPlan = field(resolvers.retention.plan, fresh=True)
    service: ServiceInfo = field(resolvers.registry.service)

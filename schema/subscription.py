"""The type Subscription."""

import strawberry

import resolvers.events
import resolvers.route_changes
from domain.access import Role
from schema.audit import RegistryEvent
from schema.fields import subscription
from schema.routes import Route


@strawberry.type(
    description="Streams of events, over WebSocket (graphql-transport-ws) or server-sent events."
)
class Subscription:
    registry_changed: RegistryEvent = subscription(
        resolvers.events.registry_changed, requires=Role.READER
    )
    route_changed: Route = subscription(resolvers.route_changes.route_changed, requires=Role.READER)

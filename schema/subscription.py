"""The type Subscription."""

import strawberry

import resolvers.events
from schema.audit import RegistryEvent
from schema.fields import subscription


@strawberry.type(
    description="Streams of events, over WebSocket (graphql-transport-ws) or server-sent events."
)
class Subscription:
    registry_changed: RegistryEvent = subscription(resolvers.events.registry_changed)

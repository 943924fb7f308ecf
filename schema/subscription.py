"""What can be followed."""

import strawberry

import resolvers.events
from schema.audit import RegistryEvent
from schema.fields import subscription


@strawberry.type(description="What can be followed.")
class Subscription:
    registry_changed: RegistryEvent = subscription(resolvers.events.registry_changed)

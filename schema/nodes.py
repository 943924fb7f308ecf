"""What objects have in common."""

from datetime import datetime

import strawberry

from schema.fields import attribute


@strawberry.interface(
    description="An object with a globally unique, opaque, type-prefixed ID"
    " (mdl_, ver_, bnd_, prv_, evt_, tok_)."
)
class Node:
    node_id: strawberry.ID = attribute("Globally unique and opaque.", name="id")


@strawberry.interface(
    description="An object whose revision grows by one with every write;"
    " pass it back as expectedRevision."
)
class Versioned:
    revision: int = attribute("Grows by one with every write; starts at 1.")
    created_at: datetime = attribute("When it was registered.")
    updated_at: datetime = attribute("When it was last written.")

"""The interfaces that objects share."""

from datetime import datetime

import strawberry

from schema.fields import attribute


@strawberry.interface(
    description="An object with a globally unique ID. The prefix names its type: mdl_ (Model),"
    " ver_ (ModelVersion), bnd_ (ProviderBinding), prv_ (Provider), prc_ (Price), als_"
    " (ModelAlias), evt_ (AuditEvent), run_ (RetentionRun), cat_ (Catalog), ent_ (CatalogEntry) or"
    " tok_ (Token)."
)
class Node:
    node_id: strawberry.ID = attribute(
        "Globally unique; opaque after the prefix, and never reused.", name="id"
    )


@strawberry.interface(
    description="An object with a revision. A mutation that gets it as expectedRevision fails with"
    " REVISION_MISMATCH when the object has changed in between."
)
class Versioned:
    revision: int = attribute("Starts at 1 and increases by one with every change.")
    created_at: datetime = attribute("When it was created.")
    updated_at: datetime = attribute("When it was created or last changed.")

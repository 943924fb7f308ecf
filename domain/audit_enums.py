"""The enums of audit events; docstrings are the API's descriptions (domain/enums.py)."""

from enum import StrEnum


class EntityKind(StrEnum):
    """The kind of a changed object.

    - MODEL: a model.
    - VERSION: a version of a model.
    - BINDING: a binding, or its circuit.
    - PROVIDER: a provider.
    - PRICE: a price of a binding.
    - ALIAS: an alias of a model.
    - TOKEN: an API token.
    - RETENTION: a retention run.
    - CATALOG: a catalog.
    """

    MODEL = "MODEL"
    VERSION = "VERSION"
    BINDING = "BINDING"
    PROVIDER = "PROVIDER"
    PRICE = "PRICE"
    ALIAS = "ALIAS"
    TOKEN = "TOKEN"  # noqa: S105  a word, not a secret
    RETENTION = "RETENTION"
    CATALOG = "CATALOG"


class AuditAction(StrEnum):
    """What a change did.

    - CREATED: an object was created.
    - UPDATED: fields of an object were changed.
    - DELETED: an object was deleted.
    - ARCHIVED: a version was moved to cold storage.
    - RESTORED: a version was brought back from cold storage.
    - PURGED: retention deleted an archived version for good.
    - HELD: a hold was put on a version.
    - RELEASED: a hold was lifted.
    - ALIASED: an alias was pointed at a version.
    - ROLLED_BACK: an alias was pointed back at an earlier version.
    - PRICED: a price was added to a binding.
    - CIRCUIT_OPENED: the circuit of a binding opened, by outcomes or by an operator.
    - CIRCUIT_HALF_OPENED: a trial of a binding with a HALF_OPEN circuit was claimed.
    - CIRCUIT_CLOSED: the circuit of a binding closed, by a success or by an operator.
    - RETENTION_APPLIED: a retention run ended.
    - REVOKED: an API token was revoked.
    - LISTED: a catalog lists a binding.
    - DELISTED: a catalog no longer lists a binding.
    - WITHDRAWN: a price was withdrawn.
    """

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    DELETED = "DELETED"
    ARCHIVED = "ARCHIVED"
    RESTORED = "RESTORED"
    PURGED = "PURGED"
    HELD = "HELD"
    RELEASED = "RELEASED"
    ALIASED = "ALIASED"
    ROLLED_BACK = "ROLLED_BACK"
    PRICED = "PRICED"
    CIRCUIT_OPENED = "CIRCUIT_OPENED"
    CIRCUIT_HALF_OPENED = "CIRCUIT_HALF_OPENED"
    CIRCUIT_CLOSED = "CIRCUIT_CLOSED"
    RETENTION_APPLIED = "RETENTION_APPLIED"
    REVOKED = "REVOKED"
    LISTED = "LISTED"
    DELISTED = "DELISTED"
    WITHDRAWN = "WITHDRAWN"

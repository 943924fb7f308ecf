"""The enums that columns and the API share; docstrings are the API's descriptions."""

from enum import StrEnum


class TaskType(StrEnum):
    """The task that a model is made for."""

    CHAT = "CHAT"
    COMPLETION = "COMPLETION"
    EMBEDDING = "EMBEDDING"
    RERANK = "RERANK"
    CLASSIFICATION = "CLASSIFICATION"
    MODERATION = "MODERATION"
    SPEECH_TO_TEXT = "SPEECH_TO_TEXT"
    TEXT_TO_SPEECH = "TEXT_TO_SPEECH"
    IMAGE_GENERATION = "IMAGE_GENERATION"
    IMAGE_EDIT = "IMAGE_EDIT"
    VIDEO_GENERATION = "VIDEO_GENERATION"
    REALTIME = "REALTIME"
    OCR = "OCR"
    SEARCH = "SEARCH"
    OTHER = "OTHER"


class ProviderKind(StrEnum):
    """The API of a provider. OPENAI_COMPATIBLE: OpenAI's API, offered by another vendor."""

    OPENAI = "OPENAI"
    ANTHROPIC = "ANTHROPIC"
    VERTEX_AI = "VERTEX_AI"
    BEDROCK = "BEDROCK"
    AZURE = "AZURE"
    OPENAI_COMPATIBLE = "OPENAI_COMPATIBLE"
    OTHER = "OTHER"


class VersionStatus(StrEnum):
    """The lifecycle state of a version.

    - DRAFT: not released yet; its bindings are not routable.
    - ACTIVE: released.
    - DEPRECATED: still served, but not to be chosen for new uses.
    - ARCHIVED: out of service; its bindings, prices and metadata are in cold storage.
    """

    DRAFT = "DRAFT"
    ACTIVE = "ACTIVE"
    DEPRECATED = "DEPRECATED"
    ARCHIVED = "ARCHIVED"


class BindingStatus(StrEnum):
    """Whether operators let traffic go to a binding; only ACTIVE bindings are routable."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    DRAINING = "DRAINING"
    DISABLED = "DISABLED"


class HealthState(StrEnum):
    """A binding's health, as measured by its traffic; UNKNOWN while no traffic is recorded."""

    UNKNOWN = "UNKNOWN"
    HEALTHY = "HEALTHY"
    DEGRADED = "DEGRADED"
    UNHEALTHY = "UNHEALTHY"


class CircuitState(StrEnum):
    """Which calls a circuit breaker lets through. CLOSED: all. OPEN: none. HALF_OPEN: trials."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


class SloStatus(StrEnum):
    """Whether a version's routable bindings meet its targets, sloLatencyMs and sloSuccessRate.

    - MET: at least one routable binding meets every target.
    - BREACHED: none does, and at least one has a figure that misses its target.
    - UNKNOWN: there is no target, or too few figures are known.
    """

    MET = "MET"
    BREACHED = "BREACHED"
    UNKNOWN = "UNKNOWN"


class Capability(StrEnum):
    """A feature that a version supports beyond its task."""

    TOOLS = "TOOLS"
    PARALLEL_TOOLS = "PARALLEL_TOOLS"
    JSON_SCHEMA = "JSON_SCHEMA"
    VISION = "VISION"
    PDF_INPUT = "PDF_INPUT"
    AUDIO_INPUT = "AUDIO_INPUT"
    AUDIO_OUTPUT = "AUDIO_OUTPUT"
    REASONING = "REASONING"
    PROMPT_CACHING = "PROMPT_CACHING"
    WEB_SEARCH = "WEB_SEARCH"
    COMPUTER_USE = "COMPUTER_USE"
    STREAMING = "STREAMING"


class ArchiveReason(StrEnum):
    """Why a version was archived. RETENTION: by the retention policy. MANUAL: by archiveVersion."""

    RETENTION = "RETENTION"
    MANUAL = "MANUAL"


class ProtectionReason(StrEnum):
    """Why retention does not archive or purge a version.

    - ALIAS: an alias points at it.
    - HOLD: it is held.
    - RECENT_TRAFFIC: it was called recently; never reported yet, as no traffic is recorded.
    - ONLY_ACTIVE: without it, its model would have no ACTIVE version.
    """

    ALIAS = "ALIAS"
    HOLD = "HOLD"
    RECENT_TRAFFIC = "RECENT_TRAFFIC"
    ONLY_ACTIVE = "ONLY_ACTIVE"


class EntityKind(StrEnum):
    """The kind of a changed object. RETENTION: a retention run. TOKEN: reserved, not used yet."""

    MODEL = "MODEL"
    VERSION = "VERSION"
    BINDING = "BINDING"
    PROVIDER = "PROVIDER"
    PRICE = "PRICE"
    ALIAS = "ALIAS"
    TOKEN = "TOKEN"  # noqa: S105  a word, not a secret
    RETENTION = "RETENTION"


class AuditAction(StrEnum):
    """What a change did.

    - ARCHIVED, RESTORED: a version was moved to cold storage, or brought back from it.
    - PURGED: retention deleted an archived version for good.
    - HELD, RELEASED: a hold was put on a version, or lifted.
    - ALIASED, ROLLED_BACK: an alias was pointed at a version, or back at an earlier one.
    - PRICED: a price was added to a binding.
    - RETENTION_APPLIED: a retention run ended.
    - CIRCUIT_OPENED, CIRCUIT_CLOSED, REVOKED: reserved; no event has these actions yet.
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
    CIRCUIT_CLOSED = "CIRCUIT_CLOSED"
    RETENTION_APPLIED = "RETENTION_APPLIED"
    REVOKED = "REVOKED"

"""The words that columns and API share; each value is spelt as in the API."""

from enum import StrEnum


class TaskType(StrEnum):
    """What a model is for."""

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
    """The API family a provider speaks; OTHER and OPENAI_COMPATIBLE leave the set open."""

    OPENAI = "OPENAI"
    ANTHROPIC = "ANTHROPIC"
    VERTEX_AI = "VERTEX_AI"
    BEDROCK = "BEDROCK"
    AZURE = "AZURE"
    OPENAI_COMPATIBLE = "OPENAI_COMPATIBLE"
    OTHER = "OTHER"


class VersionStatus(StrEnum):
    """Where a version stands in its life: DRAFT, ACTIVE, DEPRECATED, then ARCHIVED."""

    DRAFT = "DRAFT"
    ACTIVE = "ACTIVE"
    DEPRECATED = "DEPRECATED"
    ARCHIVED = "ARCHIVED"


class BindingStatus(StrEnum):
    """What an operator wants of a binding; only ACTIVE ones are routed to."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    DRAINING = "DRAINING"
    DISABLED = "DISABLED"


class HealthState(StrEnum):
    """What traffic says of a binding; UNKNOWN below 20 samples in the window."""

    UNKNOWN = "UNKNOWN"
    HEALTHY = "HEALTHY"
    DEGRADED = "DEGRADED"
    UNHEALTHY = "UNHEALTHY"


class CircuitState(StrEnum):
    """Whether a binding is called at all: CLOSED yes, OPEN no, HALF_OPEN on trial."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


class SloStatus(StrEnum):
    """A version's targets against its routable bindings' figures."""

    MET = "MET"
    BREACHED = "BREACHED"
    UNKNOWN = "UNKNOWN"


class Capability(StrEnum):
    """What a version can do beyond its task."""

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
    """Why a version was archived: by policy, or because somebody asked."""

    RETENTION = "RETENTION"
    MANUAL = "MANUAL"


class ProtectionReason(StrEnum):
    """Why retention lets a version stay that it would take by its number."""

    ALIAS = "ALIAS"
    HOLD = "HOLD"
    RECENT_TRAFFIC = "RECENT_TRAFFIC"
    ONLY_ACTIVE = "ONLY_ACTIVE"


class EntityKind(StrEnum):
    """What kind of thing changed."""

    MODEL = "MODEL"
    VERSION = "VERSION"
    BINDING = "BINDING"
    PROVIDER = "PROVIDER"
    PRICE = "PRICE"
    ALIAS = "ALIAS"
    TOKEN = "TOKEN"  # noqa: S105  a word, not a secret
    RETENTION = "RETENTION"


class AuditAction(StrEnum):
    """What was done to it."""

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

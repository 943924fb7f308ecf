"""The enums that columns and the API share; docstrings are the API's descriptions."""

import inspect
import re
from enum import EnumMeta, StrEnum

_VALUE = re.compile(r"^- (\w+): (.*(?:\n  .*)*)", re.MULTILINE)


def descriptions(enum: EnumMeta) -> tuple[str, dict[str, str]]:
    """The description of an enum, and those of its values, from lines `- VALUE: text` at its end.

    Each value has one. They are sentences: texts begin in upper case here.
    """
    summary, _, values = (inspect.getdoc(enum) or "").partition("\n\n")
    texts = {name: " ".join(text.split()) for name, text in _VALUE.findall(values)}
    return summary, {name: text[0].upper() + text[1:] for name, text in texts.items()}


class TaskType(StrEnum):
    """The task that a model is made for.

    - CHAT: answers in a conversation.
    - COMPLETION: continues a text.
    - EMBEDDING: turns a text into a vector.
    - RERANK: orders documents by how well they match a query.
    - CLASSIFICATION: assigns labels.
    - MODERATION: finds content that breaks a policy.
    - SPEECH_TO_TEXT: transcribes speech.
    - TEXT_TO_SPEECH: speaks a text.
    - IMAGE_GENERATION: makes images from a text.
    - IMAGE_EDIT: changes images.
    - VIDEO_GENERATION: makes videos.
    - REALTIME: talks in a live session, in speech or text.
    - OCR: reads the text of an image.
    - SEARCH: searches, for example the web.
    - OTHER: any other task.
    """

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
    """The API of a provider.

    - OPENAI: OpenAI's API.
    - ANTHROPIC: Anthropic's API.
    - VERTEX_AI: Google's API, for Gemini and other models.
    - BEDROCK: the API of Amazon Bedrock.
    - AZURE: the API of Azure, for OpenAI's models and others.
    - OPENAI_COMPATIBLE: OpenAI's API, offered by another vendor.
    - OTHER: any other API.
    """

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
    """Whether operators let traffic go to a binding.

    - PENDING: not yet; it is not routable.
    - ACTIVE: yes; only ACTIVE bindings are routable.
    - DRAINING: no new traffic; it is not routable.
    - DISABLED: no; it is not routable.
    """

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    DRAINING = "DRAINING"
    DISABLED = "DISABLED"


class SloStatus(StrEnum):
    """Whether a version's routable bindings meet its targets, sloLatencyMs and sloSuccessRate.

    The 95th percentile of the latency and the success rate of a binding's health are compared;
    while they are not known, those that updateBinding or an import has set.

    - MET: at least one routable binding meets every target.
    - BREACHED: none does, and at least one has a figure that misses its target.
    - UNKNOWN: there is no target, or too few figures are known.
    """

    MET = "MET"
    BREACHED = "BREACHED"
    UNKNOWN = "UNKNOWN"


class Capability(StrEnum):
    """A feature that a version supports beyond its task.

    - TOOLS: calls tools, which are also known as functions.
    - PARALLEL_TOOLS: calls several tools in one answer.
    - JSON_SCHEMA: answers in JSON that follows a given schema.
    - VISION: understands images.
    - PDF_INPUT: reads files in the Portable Document Format.
    - AUDIO_INPUT: understands audio.
    - AUDIO_OUTPUT: answers in audio.
    - REASONING: thinks before it answers.
    - PROMPT_CACHING: charges less for input that is repeated.
    - WEB_SEARCH: searches the web.
    - COMPUTER_USE: operates a computer by its screen, mouse and keyboard.
    - STREAMING: sends an answer piece by piece.
    """

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
    """Why a version was archived.

    - RETENTION: by the retention policy.
    - MANUAL: by archiveVersion.
    """

    RETENTION = "RETENTION"
    MANUAL = "MANUAL"


class ProtectionReason(StrEnum):
    """Why retention does not archive or purge a version.

    - ALIAS: an alias points at it.
    - HOLD: it is held.
    - LISTED: a catalog lists it.
    - RECENT_TRAFFIC: one of its bindings was called recently, in the last 7 days by default.
    - ONLY_ACTIVE: without it, its model would have no ACTIVE version.
    """

    ALIAS = "ALIAS"
    HOLD = "HOLD"
    LISTED = "LISTED"
    RECENT_TRAFFIC = "RECENT_TRAFFIC"
    ONLY_ACTIVE = "ONLY_ACTIVE"


class PriceMeter(StrEnum):
    """What a price component charges for.

    - INPUT: input that has no component of its own.
    - OUTPUT: output that has no component of its own.
    - CACHE_READ: input that the provider reads from its cache.
    - CACHE_WRITE: input that the provider writes to its cache, for its usual time.
    - CACHE_WRITE_1H: input that the provider writes to its cache for an hour.
    - REASONING: output that the model thinks and does not answer.
    - AUDIO_INPUT: audio that is sent.
    - AUDIO_OUTPUT: audio that is answered.
    - AUDIO_CACHE_READ: audio that the provider reads from its cache.
    - IMAGE_INPUT: images that are sent.
    - IMAGE_OUTPUT: images that are answered.
    - VIDEO_INPUT: video that is sent.
    - VIDEO_OUTPUT: video that is answered.
    - REQUEST: calls.
    - WEB_SEARCH: searches of the web.
    - TRAINING: training of the model.
    """

    INPUT = "INPUT"
    OUTPUT = "OUTPUT"
    CACHE_READ = "CACHE_READ"
    CACHE_WRITE = "CACHE_WRITE"
    CACHE_WRITE_1H = "CACHE_WRITE_1H"
    REASONING = "REASONING"
    AUDIO_INPUT = "AUDIO_INPUT"
    AUDIO_OUTPUT = "AUDIO_OUTPUT"
    AUDIO_CACHE_READ = "AUDIO_CACHE_READ"
    IMAGE_INPUT = "IMAGE_INPUT"
    IMAGE_OUTPUT = "IMAGE_OUTPUT"
    VIDEO_INPUT = "VIDEO_INPUT"
    VIDEO_OUTPUT = "VIDEO_OUTPUT"
    REQUEST = "REQUEST"
    WEB_SEARCH = "WEB_SEARCH"
    TRAINING = "TRAINING"


class PriceUnit(StrEnum):
    """What the amount of a price component buys.

    - TOKENS_1K: 1,000 tokens.
    - IMAGE: one image.
    - SECOND: one second of audio or video.
    - PAGE: one page of a document.
    - CHARACTERS_1K: 1,000 characters.
    - QUERY: one query, such as a search.
    - REQUEST: one call.
    """

    TOKENS_1K = "TOKENS_1K"
    IMAGE = "IMAGE"
    SECOND = "SECOND"
    PAGE = "PAGE"
    CHARACTERS_1K = "CHARACTERS_1K"
    QUERY = "QUERY"
    REQUEST = "REQUEST"


class PriceVariant(StrEnum):
    """The way of calling that a price component is for.

    - STANDARD: an ordinary call.
    - BATCH: a call in a batch, answered within hours.
    - FLEX: a cheaper call that may wait.
    - PRIORITY: a dearer call that goes before others.
    - FAST: a dearer call that is answered faster.
    """

    STANDARD = "STANDARD"
    BATCH = "BATCH"
    FLEX = "FLEX"
    PRIORITY = "PRIORITY"
    FAST = "FAST"


class DifferenceReason(StrEnum):
    """Why the registry's value of a field stays although a catalog says another.

    - EDITED: an operator set it.
    - PRECEDENCE: a catalog of higher precedence says so.
    """

    EDITED = "EDITED"
    PRECEDENCE = "PRECEDENCE"

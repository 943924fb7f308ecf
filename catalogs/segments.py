"""Which part of a provider's path is the name of the model."""

import re

# A segment that names a family of models, not a vendor: the segments after it belong to the name.
_FAMILY = re.compile(
    r"flux|imagen\d|seedance|seedream|gpt-image|recraft|ideogram|dreamina|kontext|hailuo"
    r"|[hv]\d[\d.]*$|moondream\d|deepseek-[rv]\d",
    re.I,
)
# A segment such as `v1.1-ultra` is a name only together with the segment before it.
_FRAGMENT = re.compile(r"v?\d[\d.]*$|v\d|h\d$|m\d", re.I)
_TECHNICAL = re.compile(
    r"accounts|fireworks|models|routers|route|workers-ai|@cf|@hf|@oi|hf|invoke|claude_platform|ps"
    r"|fal-ai|\*|decision-models|doc-intelligence|ranking|preset|bedrock"
    r"|(?:low|medium|high|xhigh|max|standard|hd)|\d+-steps|max-steps|\d+-x-\d+|max-x-max",
    re.I,
)
_OPERATION = re.compile(r"edit|query|(?:text|image|reference)-to-(?:image|video)|image-edit", re.I)
_PREFIX = re.compile(r"hf:", re.I)
# Words that name a service, not a model: the provider's name is put in front of them.
_GENERIC = re.compile(
    r"(?:deep_)?search(?:-.*)?|parse-.*|chat|best|nano|base|auto|router|model_router|guardrails"
    r"|standard|neural|generative|long-form|english|multilingual|typed-decisions|ai_decide"
    r"|starttranscriptionjob|classify|compress|summarize|decisions|extract|general|enhanced"
    r"|(?:fast|pro|deep|advanced-deep)-(?:search|research)|speed|quality|balanced|inpaint|outpaint"
    r"|erase|upscale|creative|conservative|structure|style|sketch|core|fast|ultra"
    r"|large|small|medium|mini|free|code|embed|rerank|ocr|translate|vision|reasoner",
    re.I,
)


def model(path: str) -> str:
    """The segment of the path that names the model, or several of them, joined."""
    parts = _PREFIX.sub("", path).split("/")
    parts = [part for part in parts[:-1] if not _TECHNICAL.fullmatch(part)] + parts[-1:]
    while len(parts) > 1 and _OPERATION.fullmatch(parts[-1]):
        parts.pop()
    for index, part in enumerate(parts[:-1]):
        if _FAMILY.match(part):
            return "-".join(parts[index:])
    if _FRAGMENT.match(parts[-1]):
        return "-".join(parts[-2:])
    return parts[-1]


def is_generic(text: str) -> bool:
    """Whether the text is a word of a service, and no name of a model."""
    return _GENERIC.fullmatch(text) is not None


def with_provider(text: str, provider: str) -> str:
    """A generic word with its provider in front of it; any other text as it is."""
    return f"{provider}-{text}" if is_generic(text) else text

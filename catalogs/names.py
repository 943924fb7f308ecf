"""Canonical names: each model has one name, whatever spelling its providers use.

`azure/eu/gpt-4o-2024-08-06`, `openai/gpt-4o:batch` and `gpt-4o` are the model `gpt-4o`; the first
is its version 2024.8.6. Names become lower case; vendor paths, regions, endpoint variants and image
sizes are removed; a date becomes the version; SPELLINGS unifies the names of some families.
"""

import re
from dataclasses import dataclass
from datetime import date

from domain import patterns

UNDATED = "1.0.0"
NO_NAME = "no canonical name can be made from its name"  # reason of a skipped entry

# A segment that names a family of models, not a vendor: the segments after it belong to the name.
_FAMILY = re.compile(
    r"flux|imagen\d|seedance|seedream|gpt-image|recraft|ideogram|dreamina|kontext|hailuo"
    r"|[hv]\d[\d.]*$|moondream\d|deepseek-[rv]\d"
)
# A segment such as `v1.1-ultra` is a name only together with the segment before it.
_FRAGMENT = re.compile(r"v?\d[\d.]*$|v\d|h\d$")
_TECHNICAL = re.compile(
    r"accounts|fireworks|models|routers|@cf|@hf|@oi|invoke|claude_platform|ps|fal-ai|\*"
    r"|decision-models|doc-intelligence|ranking|preset|bedrock"
    r"|(?:low|medium|high|xhigh|max|standard|hd)|\d+-steps|max-steps|\d+-x-\d+|max-x-max"
)
_OPERATION = re.compile(r"edit|query|(?:text|image|reference)-to-(?:image|video)|image-edit")
_REGION_SEGMENT = re.compile(
    r"eu|us|us-gov|apac|global|global-standard"
    r"|(?:af|ap|ca|eu|il|me|mx|sa|us)-(?:gov-)?(?:north|south|east|west|central)+-\d"
)
# Words that name a service, not a model: the provider's name is put in front of them.
_GENERIC = re.compile(
    r"(?:deep_)?search(?:-.*)?|parse-.*|chat|best|nano|base|auto|router|model_router|guardrails"
    r"|standard|neural|generative|long-form|english|multilingual|typed-decisions|ai_decide"
    r"|starttranscriptionjob|classify|compress|summarize|decisions|extract|general|enhanced"
    r"|(?:fast|pro|deep|advanced-deep)-(?:search|research)|speed|quality|balanced|inpaint|outpaint"
    r"|erase|upscale|creative|conservative|structure|style|sketch|core|fast|ultra"
)
_GEO = re.compile(r"(us-gov|us|eu|apac|global|jp|au|ca|regional)\.(?=[a-z0-9]+\.)")
_DOTTED_VENDOR = re.compile(
    r"(?:ai21|amazon|anthropic|cohere|deepseek(?!\.[rv]\d)|google|luma|meta|minimax|mistral|moonshot|moonshotai"
    r"|nvidia|openai|qwen|stability|twelvelabs|writer|xai|zai)\.(?=[a-z])"
)
_SUFFIXES = (
    (re.compile(r":(?:free|batch|beta|extended|thinking|nitro|floor|online|exacto)$"), ""),
    (re.compile(r"@(?:default|latest)$"), ""),
    (re.compile(r"-maas$"), ""),
    (re.compile(r"@\d{3}$"), ""),
    (re.compile(r"(@\d{4})-\d{3}$"), r"\1"),
    (re.compile(r":\d+k$"), ""),
    (re.compile(r"(?<=\d{8})-v\d+(?::\d+)?$"), ""),
    (re.compile(r"-v1:0$|(?<=\d[bk])-1:0$"), ""),
    (re.compile(r"-v0:(\d)$"), r"-v0.\1"),
    (re.compile(r"-v(\d+):0$"), r"-v\1"),
    (re.compile(r":0$"), ""),
    (re.compile(r"-latest$"), ""),
)
_DATES = (
    re.compile(r"[-@](?P<y>20\d\d)-(?P<m>\d\d)-(?P<d>\d\d)$"),
    re.compile(r"[-@](?P<y>20\d\d)(?P<m>\d\d)(?P<d>\d\d)$"),
    re.compile(r"-(?P<m>\d\d)-(?P<y>20\d\d)$"),
    # A two-digit year from 23 on cannot be a month, so MMDD as in gpt-4-0613 does not match.
    re.compile(r"[-@](?P<y>2[3-9])(?P<m>\d\d)(?P<d>\d\d)$"),
    re.compile(r"[-@](?P<y>2[3-9])(?P<m>\d\d)$"),
)
SPELLINGS = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"^(?:databricks-|snowflake-|fw-|(?:anthropic|openai)-(?=claude|gpt|o\d))", ""),
        (r"^deepseek\.", "deepseek-"),  # Bedrock's deepseek.r1
        (r"(?<=\d)p(?=\d)", "."),  # Fireworks writes glm-5p1
        (r"^gpt-35-", "gpt-3.5-"),
        (r"^claude-v?2[:.-]1$", "claude-2.1"),
        (r"^claude-((?:[a-z]+-)?[3-9])\.(\d)", r"claude-\1-\2"),
        (r"^claude-([4-9](?:-\d)?)-(opus|sonnet|haiku)(?=-|$)", r"claude-\2-\1"),
        (r"^(claude-(?:opus|sonnet|haiku|fable|mythos)-\d(?:-[1-9])?)(?:-0)?(?:-v\d)?$", r"\1"),
        (r"^claude-3-5-sonnet-v2$", "claude-3-5-sonnet"),
        (r"^(?:meta-llama|llama)-?v?(?=\d)", "llama-"),
        (r"^llama-(\d)[-_](\d)(?=-)", r"llama-\1.\2"),
        (r"^nvidia-nemotron", "nemotron"),
        (r"^(glm|gemini|gpt|deepseek-v|kimi-k|qwen)(-?\d)-(\d)(?=-|$)", r"\1\2.\3"),
    )
)
_NAME = re.compile(patterns.NAME, re.ASCII)


@dataclass(frozen=True, slots=True)
class Name:
    """A canonical model name, the version from the raw name's date, and the region, if any."""

    model: str
    version: str = UNDATED
    region: str | None = None


def canonical(raw: str, provider: str) -> Name | None:
    """The canonical name of the model that `provider` (a slug) calls `raw`; None if impossible."""
    path, region = split_region(raw)
    text = _model_segment(path.strip().lower().lstrip("~").split("/"))
    text, geo = _without_geo(text)
    for pattern, replacement in _SUFFIXES:
        text = pattern.sub(replacement, text)
    text, version = _without_date(_DOTTED_VENDOR.sub("", text, count=1))
    for pattern, replacement in SPELLINGS:
        text = pattern.sub(replacement, text)
    if _GENERIC.fullmatch(text):
        text = f"{provider}-{text}"
    return Name(text, version, region or geo) if _NAME.fullmatch(text) else None


def split_region(path: str) -> tuple[str, str | None]:
    """The path without its region segment (`eu/gpt-4o`, `us-east-1/…`), and that region."""
    parts = path.split("/")
    regions = [part for part in parts[:-1] if _REGION_SEGMENT.fullmatch(part)]
    rest = [part for part in parts[:-1] if part not in regions] + parts[-1:]
    return "/".join(rest), regions[0] if regions else None


def _model_segment(parts: list[str]) -> str:
    parts = [part for part in parts[:-1] if not _TECHNICAL.fullmatch(part)] + parts[-1:]
    while len(parts) > 1 and _OPERATION.fullmatch(parts[-1]):
        parts.pop()
    for index, part in enumerate(parts[:-1]):
        if _FAMILY.match(part):
            return "-".join(parts[index:])
    if _FRAGMENT.match(parts[-1]):
        return "-".join(parts[-2:])
    return parts[-1]


def _without_geo(text: str) -> tuple[str, str | None]:
    match = _GEO.match(text)
    if match is None:
        return text, None
    return text[match.end() :], None if match[1] == "regional" else match[1]


def _without_date(text: str) -> tuple[str, str]:
    for pattern in _DATES:
        match = pattern.search(text)
        if match is None:
            continue
        parts = match.groupdict()
        year, month, day = int(parts["y"]) % 100 + 2000, int(parts["m"]), int(parts.get("d") or 0)
        if _is_date(year, month, day or 1):
            return text[: match.start()], f"{year}.{month}.{day}"
    return text, UNDATED


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True

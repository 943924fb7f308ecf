"""From a provider's name of a model to a folded key: spellings of one name have one key.

The key has the words of the name in alphabetical order, then its numbers in theirs:
`claude-4.5-sonnet` and `Claude-Sonnet-4-5` are both `claude sonnet 4 5`. Case, `. _ - : @` and
blanks do not count. Sizes, `instruct`, `mini`, `preview` and all other words do.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from catalogs import segments, stamps
from catalogs.stamps import Stamp

# Firms whose names stand in front of a model's name and are no part of it.
_VENDORS = (
    "ai21|alibaba|alicloud|amazon|anthropic|arcee-ai|baidu|bytedance|coding|cohere|databricks"
    "|deepseek-ai|fw|google|huggingface|ibm|meta|microsoft|minimaxai|mistralai|moonshotai|nvidia"
    "|openai|perplexity|snowflake|stepfun-ai|system[.]ai|tencent|togethercomputer|umans|workers-ai"
    "|writer|x-?ai|xiaomi(?:mimo)?|z-?ai(?:-org)?|zhipuai"
)
_VENDOR = re.compile(rf"(?:{_VENDORS})(?:--?|\.)(?=[a-z][a-z0-9]+)", re.I)
_DOTTED_VENDOR = re.compile(
    r"(?:deepseek(?!\.[rv]\d)|luma|minimax|mistral|moonshot|qwen|stability|twelvelabs|zai)\.(?=[a-z])",
    re.I,
)
_FORMATS = "fp4|fp8|nvfp4|mxfp4|bf16|fp16|int4|int8|w4a16|w8a8|awq|gptq|gguf|[2-8]bit"
# Ways to serve the same weights, and marks of a service.
_SUFFIXES = tuple(
    (re.compile(pattern, re.I), replacement)
    for pattern, replacement in (
        (r":(?:free|batch|beta|extended|nitro|floor|online|exacto|thinking(?::[a-z]+)?)$", ""),
        (r"(?<=-thinking):\d+$", ""),
        (r"@default$", ""),
        (r"@\d{3}$", ""),
        (r"(@\d{4})-\d{3}$", r"\1"),
        (r"-maas$", ""),
        (r":\d+k$", ""),
        (r"(?<=\d{8})-v\d+(?::\d+)?$", ""),
        (r"-v1:0$|(?<=\d[bk])-1:0$", ""),
        (r"-v0:(\d)$", r"-v0.\1"),
        (r"-v(\d+):0$", r"-v\1"),
        (r":0$", ""),
        (r"[-:](?:free|tee)$", ""),
        (rf"-(?:{_FORMATS})(?:-fast|-dynamic)?$", ""),
        (r"-hf$", ""),
    )
)
_LATEST = re.compile(r"[-@:]latest$", re.I)
_SPELLINGS = tuple(
    (re.compile(pattern, re.I), replacement)
    for pattern, replacement in (
        (r"^deepseek\.", "deepseek-"),  # Bedrock's deepseek.r1
        (r"(?<=\d)p(?=\d)", "."),  # Fireworks writes glm-5p1
        (r"^gpt-35-", "gpt-3.5-"),
        (r"^meta-llama", "llama"),
        (r"(?<=-)beta-(?=\d{4}(?:-|$))", ""),  # x-beta-0309 is the snapshot of x
    )
)
_SEPARATORS = re.compile(r"[-._:@/ ]+")
# A word and the number after it (qwen3, o3, v4), unless the number is a size (r7b, a22b).
_GLUED = re.compile(r"([a-z]{2,})(\d.*)|([a-z])(\d+)")
_UNIT = re.compile(r"(\d+)([a-z]{2,})")
_SYNONYMS = {"it": "instruct"}
_SIZED_PAIR = re.compile(r"\d+x\d+[bm]")


@dataclass(frozen=True, slots=True)
class Folded:
    """A name, taken apart. `shown` is its spelling without vendor, serving variant and date."""

    shown: str
    words: tuple[str, ...]
    numbers: tuple[str, ...]
    stamp: Stamp | None = None
    latest: bool = False
    full: str = ""  # with the date where the provider writes it

    @property
    def key(self) -> str:
        return " ".join((*self.words, *self.numbers))


@lru_cache(maxsize=65536)
def fold(raw: str, provider: str) -> Folded:
    """The parts of the name that `provider` (a slug) gives a model; any text is accepted."""
    text = plain(raw)
    latest = _LATEST.search(text) is not None
    full = _spelled(_LATEST.sub("", text))
    text, stamp = stamps.split(full)
    if _LATEST.search(text):  # x-latest-20260505 is the snapshot of x
        text = _LATEST.sub("", text)
    shown = segments.with_provider(text, provider)
    return replace(of_text(shown), stamp=stamp, latest=latest, full=full)


def plain(raw: str) -> str:
    """The name without path, vendor and serving variant; date and `-latest` stay."""
    text = segments.model(re.sub(r" +", "-", raw.strip()).lstrip("~"))
    text = _without_vendor(text)
    for pattern, replacement in _SUFFIXES:
        text = pattern.sub(replacement, text)
    return text


def _spelled(text: str) -> str:
    for pattern, replacement in _SPELLINGS:
        text = pattern.sub(replacement, text)
    return text


def of_text(text: str) -> Folded:
    """The folded key of a text as it is, without a look at dates or vendors."""
    words: list[str] = []
    numbers: list[str] = []
    for token in _tokens(text.lower()):
        (numbers if token[0].isdigit() else words).append(token)
    return Folded(text, tuple(sorted(words)), tuple(_without_zero(numbers)))


def _without_vendor(text: str) -> str:
    text = _DOTTED_VENDOR.sub("", text, count=1) if _DOTTED_VENDOR.match(text) else text
    while match := _VENDOR.match(text):
        rest = text[match.end() :]
        if segments.is_generic(rest):
            break
        text = rest
    return text


def _tokens(text: str) -> Iterable[str]:
    for token in _SEPARATORS.split(text):
        glued = _GLUED.fullmatch(token)
        head, tail = (glued[1] or glued[3], glued[2] or glued[4]) if glued else (token, "")
        if not head or (head == "v" and tail):
            head = ""
        if head and (unit := _UNIT.fullmatch(head)) and not _SIZED_PAIR.fullmatch(head):
            yield from unit.groups()
        elif head:
            yield _SYNONYMS.get(head, head)
        if tail and (unit := _UNIT.fullmatch(tail)) and not _SIZED_PAIR.fullmatch(tail):
            yield from unit.groups()
        elif tail:
            yield tail


def _without_zero(numbers: list[str]) -> Iterable[str]:
    """Without a zero at the end: version 4.0 is version 4."""
    return numbers[:-1] if len(numbers) > 1 and numbers[-1] == "0" else numbers

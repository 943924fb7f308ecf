"""Finds the formats of keys that can be told from other text by how they are written.

The formats are data: `own.toml`, and `betterleaks.toml`, which is vendored. Most texts have no
keyword of any format, which one pass over the text tells. RE2 matches in linear time, so that no
text of a client can keep it busy.
"""

import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import re2

from domain.secrets.words import entropy, is_generated, is_mixed

_HERE = Path(__file__).parent
_START = r"(?:^|[^A-Za-z0-9])"  # `task-classification` holds no `sk-`


class Format(NamedTuple):
    """A kind of key. What the first group finds, or the whole match, must be random enough."""

    kind: str
    pattern: str
    entropy: float  # bits a character, at least
    test: Callable[[str], bool] | None  # whether it is a key, and no words


def kind_of(text: str) -> str | None:
    """The kind of the first key in the text, such as "OpenAI API key"; None without one."""
    keywords, formats_of = _index()
    found: list[int] = keywords.Match(text)
    if not found:
        return None
    candidates = sorted({number for each in found for number in formats_of[each]})
    return next((kind for number in candidates if (kind := _found(number, text))), None)


def load() -> None:
    """Read the formats now (some 20 ms), and not with the first write."""
    _index()


@cache
def _formats() -> tuple[list[Format], list[list[str]]]:
    """Each format, ours first, and the keywords of each: a text without one cannot match."""
    own, vendored = (
        tomllib.loads((_HERE / name).read_text("utf-8"))["rules"]
        for name in ("own.toml", "betterleaks.toml")
    )
    formats = [_format(rule, f"{_START}(?:{rule['regex']})") for rule in own]
    formats += [_format(rule, rule["regex"]) for rule in vendored]
    return formats, [rule["keywords"] for rule in (*own, *vendored)]


def _format(rule: dict[str, Any], pattern: str) -> Format:
    test = is_mixed if rule.get("mixed") else is_generated if rule.get("generated") else None
    return Format(rule["kind"], pattern, rule.get("entropy", 0), test)


@cache
def _index() -> tuple[Any, list[list[int]]]:
    """The set of all keywords, and by its numbers the formats that have each keyword."""
    options = re2.Options()
    options.literal, options.case_sensitive = True, False
    keywords = re2.Set.SearchSet(options)
    by_keyword: dict[str, list[int]] = {}
    for number, words in enumerate(_formats()[1]):
        for word in words:
            by_keyword.setdefault(word.lower(), []).append(number)
    for word in by_keyword:
        keywords.Add(word)
    keywords.Compile()
    return keywords, list(by_keyword.values())


@cache
def _compiled(number: int) -> Any:
    options = re2.Options()
    options.log_errors = False
    return re2.compile(_formats()[0][number].pattern, options)


def _found(number: int, text: str) -> str | None:
    wanted = _formats()[0][number]
    for match in _compiled(number).finditer(text):
        secret = next((group for group in match.groups() if group), match[0])
        if entropy(secret) >= wanted.entropy and (wanted.test is None or wanted.test(secret)):
            return wanted.kind
    return None

"""Finds what looks like a credential in text and in JSON.

`resolvers.writing.secrets` asks for all texts and JSON values of every input, and catalogs for what
they import. A text is judged by the formats of keys, by what stands beside its words, and as a
whole; JSON also by the names of its keys.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from domain.secrets import contexts, formats
from domain.secrets.contexts import names_a_key, names_a_secret, snake
from domain.secrets.readings import joined, readings
from domain.secrets.words import is_generated, is_random, is_stand_in, without_public

_BRACKETS_MAX = 100
_RANDOM_MIN = 20
_AROUND = " \t\n\r\"'`,;"
_NAMED = "a value under the name of a secret"
_GENERATED = "a generated key"
_NAME_KEYS = ("name", "key", "header", "field", "parameter", "param", "variable")
_VALUE_KEYS = ("value", "values", "val", "content", "default")
# keys under a secret's key that say where the secret is, or describe it
_ABOUT = frozenset(
    ("env", "ref", "from", "file", "path", "name", "key", "type", "kind", "in", "header", "scheme")
)
# names whose values may be random, and are no secrets
_PUBLIC = re.compile(
    r"(^|_)(id|uid|uuid|hash|digest|sha\d*|md5|etag|checksum|crc\d*|fingerprint|signature|revision"
    r"|rev|commit|version|cursor|nonce|seed|integrity|url|uri|link|image|icon|logo|thumbnail|data"
    r"|base64|b64|blob|bytes|content|template|(public|idempotency|cache|primary|foreign|sort|row"
    r"|partition|object|storage|s3)_?key)s?$"
)


class Found(NamedTuple):
    """A credential: its place in JSON as `a.b[0]`, empty for a text or a key, and its kind."""

    place: str
    kind: str


def find(value: Any, name: str = "") -> Found | None:
    """The first credential in text or in a JSON value; None without one.

    `name` is that of the field or label which holds the value. Neither the place nor the kind
    repeats what was found. JSON that is nested too deeply to be read has none; its rule refuses it.
    """
    try:
        if found := next(_found(value, "", name), None):
            return found
        return Found("", _NAMED) if names_a_secret(name) and _is_filled(value) else None
    except RecursionError:
        return None


def _found(value: Any, place: str, name: str) -> Iterator[Found]:
    if isinstance(value, str):
        if kind := _kind(value, name):
            yield Found(place, kind)
    elif isinstance(value, list):
        if _is_named_pair(value):
            yield Found(place, _NAMED)
        for index, item in enumerate(value):
            yield from _found(item, f"{place}[{index}]", name)
    elif isinstance(value, dict):
        yield from _found_in_object(value, place)


def _kind(text: str, name: str) -> str | None:
    text = without_public(text)
    for each in readings(text):
        if kind := _format(each) or contexts.kind_of(each) or _kind_of_whole(each, name):
            return kind
    for each in joined(text):
        if kind := _format(each) or _kind_of_whole(each, name):
            return kind
    return _kind_in_json(text) if text[:1] in ("{", "[") else None


def _format(text: str) -> str | None:
    """The kind of a key by its format, with an article."""
    kind = formats.kind_of(text)
    return kind and f"{'an' if kind[0] in 'AEIOaeio' else 'a'} {kind}"


def _kind_in_json(text: str) -> str | None:
    """The kind of a credential in JSON that was written into a text."""
    if text.count("[") + text.count("{") > _BRACKETS_MAX:
        return None
    try:
        found = find(json.loads(text))
    except ValueError:
        return None
    return found.kind if found else None


def _found_in_object(value: dict[str, Any], place: str) -> Iterator[Found]:
    named = [value[key] for key in _NAME_KEYS if isinstance(value.get(key), str)]
    if any(map(names_a_secret, named)) and any(_is_filled(value.get(key)) for key in _VALUE_KEYS):
        yield Found(place, _NAMED)
    for key, item in value.items():
        if kind := _kind(key, ""):
            yield Found(place, kind)
        inner = f"{place}.{key}" if place else key
        if names_a_secret(key) and _is_filled(item):
            # the kind of a known key says more
            yield next(_found(item, inner, key), Found(inner, _NAMED))
        yield from _found(item, inner, key)


def _kind_of_whole(text: str, name: str) -> str | None:
    """The kind of a text that is one random word, unless its name says that it is public."""
    if len(text) < _RANDOM_MIN:
        return None
    word = text.strip(_AROUND)
    if not is_random(word) or _PUBLIC.search(snake(name)):
        return None
    if is_generated(word):
        return _GENERATED
    return _NAMED if names_a_key(name) and " " not in word and not is_stand_in(word) else None


def _is_named_pair(value: list[Any]) -> bool:
    """Whether a list is a header or variable as a pair, such as ["Authorization", "…"]."""
    if len(value) != 2 or not isinstance(value[0], str) or not isinstance(value[1], str):
        return False
    return names_a_secret(value[0]) and not names_a_secret(value[1]) and _is_filled(value[1])


def _is_filled(value: Any) -> bool:
    """Whether the value of a secret's key holds text that does not stand in for the secret."""
    if isinstance(value, str):
        return bool(value.strip()) and not is_stand_in(value)
    if isinstance(value, dict):
        return any(_is_filled(item) for key, item in value.items() if key.lower() not in _ABOUT)
    if isinstance(value, list):
        return any(map(_is_filled, value))
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 999

"""Detects text and JSON that look like credentials, so that none is stored.

`domain.rules.breaches` asks for every text and JSON value of every input, and catalogs for what
they import. The formats of keys are in `domain.secret_formats`.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from domain.secret_formats import CREDENTIAL

_SECRET_NAME = re.compile(
    r"(^|_)(api_?keys?|access_?keys?|private_?keys?|secret_?keys?|signing_?keys?|encryption_?keys?"
    r"|account_?keys?|subscription_?keys?|auth_?keys?|secrets?|token|(access|auth|refresh)_?tokens?"
    r"|passwords?|passwd|pwd|passphrases?|credentials?|authorization|cookies?|connection_?string)"
    r"(_(value|hash|b64|base64|prod|dev|test|old|new))?(_?\d+)?$"
)
# names of special tokens in the configuration of tokenizers
_MARKER = re.compile(r"(^|_)(bos|eos|pad|unk|sep|cls|mask|stop|start|end|image|audio)_token$")
# names of query parameters that sign a URL
_SIGNATURE = re.compile(
    r"(^|_)(sig|signature|jwt)$|^x_(amz|goog)_(credential|security_token)$|access_?id$"
)
_PARAMETER = re.compile(r"[?&;#]([^=&;#?\s]{1,100})=([^&;#\s\"'<>]+)")
_LOGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s/?#@:]*:([^\s/?#@]+)@")
_SCHEME = re.compile(r"\b(bearer|basic|token)\s+([A-Za-z0-9._~+/=-]{16,})", re.I)
_ASSIGNED = re.compile(
    r"\b([A-Za-z][\w-]{2,60})[\"']?\s*[:=]\s*(?:(?:bearer|basic)\s+)?[\"']?(\S+)", re.I
)
# what stands in the place of a secret: a reference, a placeholder, a mask, or a word
_STAND_IN = re.compile(
    r"(env|vault|aws-sm|gcp-sm|k8s)://.*|\$\{[^{}]{1,80}\}|\$[a-z_]\w*|\{\{[^{}]{1,80}\}\}"
    r"|\{[\w .-]{1,64}\}|%[a-z_]\w*%|<[\w .-]{1,64}>|\[[\w ]{1,64}\]|os\.environ/\w+"
    r"|(env|file):[\w./-]+|[*x.•-]{3,}|redacted|none|null|true|false|required|optional"
    r"|your[-_ ][\w -]*|(?-i:[A-Z]+(_[A-Z]+)+(_\d+)?)",
    re.I,
)
_NAME_KEYS = ("name", "key", "header", "field", "parameter", "param", "variable")
_VALUE_KEYS = ("value", "values", "val", "content", "default")
# keys under a secret's key that say where the secret is, or describe it
_ABOUT = frozenset(
    ("env", "ref", "from", "file", "path", "name", "key", "type", "kind", "in", "header", "scheme")
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD_BREAK = re.compile(r"[-. ]+")


def place_of_secret(value: Any) -> str | None:
    """Where text or a JSON value seems to hold a credential, as `a.b[0]`; None without one.

    The place of a text, and of a credential that is a key, is empty.
    """
    return next(_places(value, ""), None)


def has_secret(text: str) -> bool:
    """Whether the text contains something that looks like a credential."""
    return (
        CREDENTIAL.search(text) is not None
        or ("://" in text and _has_login(text))
        or ("=" in text and _has_parameter(text))
        or (" " in text and any(_is_no_word(m[2]) for m in _SCHEME.finditer(text)))
        or ((":" in text or "=" in text) and _has_assignment(text))
    )


def names_a_secret(key: str) -> bool:
    """Whether a field, header or parameter of this name holds a credential."""
    name = _snake(key)
    return _SECRET_NAME.search(name) is not None and _MARKER.search(name) is None


def is_random(text: str) -> bool:
    """Whether a word mixes cases and digits as generated keys do, and names and numbers do not."""
    kinds = (str.isupper, str.islower, str.isdigit)
    return len(text) >= 20 and all(any(map(kind, text)) for kind in kinds)


def _places(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, str):
        if has_secret(value):
            yield place
    elif isinstance(value, list):
        if _is_named_pair(value):
            yield place
        for index, item in enumerate(value):
            yield from _places(item, f"{place}[{index}]")
    elif isinstance(value, dict):
        yield from _places_in_object(value, place)


def _places_in_object(value: dict[str, Any], place: str) -> Iterator[str]:
    named = [value[key] for key in _NAME_KEYS if isinstance(value.get(key), str)]
    if any(map(names_a_secret, named)) and any(_is_filled(value.get(key)) for key in _VALUE_KEYS):
        yield place
    for key, item in value.items():
        if has_secret(key):
            yield place
        inner = f"{place}.{key}" if place else key
        if names_a_secret(key) and _is_filled(item):
            yield inner
        yield from _places(item, inner)


def _is_named_pair(value: list[Any]) -> bool:
    """Whether a list is a header or variable as a pair, such as ["Authorization", "…"]."""
    if len(value) != 2 or not isinstance(value[0], str) or not isinstance(value[1], str):
        return False
    return names_a_secret(value[0]) and not names_a_secret(value[1]) and _is_filled(value[1])


def _is_filled(value: Any) -> bool:
    """Whether the value of a secret's key holds text that does not stand in for the secret."""
    if isinstance(value, str):
        return bool(value.strip()) and not _is_stand_in(value)
    if isinstance(value, dict):
        return any(_is_filled(item) for key, item in value.items() if key.lower() not in _ABOUT)
    if isinstance(value, list):
        return any(map(_is_filled, value))
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 999


def _is_stand_in(text: str) -> bool:
    text = text.strip()
    scheme, _, rest = text.partition(" ")
    if rest and scheme.lower() in ("bearer", "basic", "token"):
        text = rest.strip()
    return _STAND_IN.fullmatch(text) is not None


def _has_login(text: str) -> bool:
    return any(not _is_stand_in(unquote(match[1])) for match in _LOGIN.finditer(text))


def _has_parameter(text: str) -> bool:
    for match in _PARAMETER.finditer(text):
        name, value = unquote(match[1]), unquote(match[2])
        if _is_stand_in(value):
            continue
        if names_a_secret(name) or _SIGNATURE.search(_snake(name)):
            return True
        if name.lower() in ("key", "code", "auth") and _is_no_word(value):
            return True
    return False


def _has_assignment(text: str) -> bool:
    return any(
        names_a_secret(match[1]) and _is_no_word(match[2]) and not _is_stand_in(match[2])
        for match in _ASSIGNED.finditer(text)
    )


def _is_no_word(text: str) -> bool:
    """Whether text after a secret's name is more than a word: it has letters and digits."""
    has_digit, has_letter = any(map(str.isdigit, text)), any(map(str.isalpha, text))
    return len(text) >= 6 and has_digit and has_letter


def _snake(key: str) -> str:
    return _WORD_BREAK.sub("_", _CAMEL.sub("_", key)).lower()

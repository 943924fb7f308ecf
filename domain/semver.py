"""Semantic versions 2.0.0: their grammar, and a sort key in the order of their precedence."""

import re

_PATTERN = re.compile(
    r"(?P<core>(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*))"
    r"(?:-(?P<pre>(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)"
    r"(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
    r"(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?",
    re.ASCII,
)
LENGTH_MAX = 128  # characters; keeps index entries of the key small


def is_valid(text: str) -> bool:
    """Whether the text is a semantic version of at most LENGTH_MAX characters."""
    return len(text) <= LENGTH_MAX and _PATTERN.fullmatch(text) is not None


def sort_key(text: str) -> str:
    """A key whose byte order is precedence: 1.0.0-alpha < 1.0.0-alpha.1 < 1.0.0 < 1.10.0.

    Build metadata is ignored. Raises ValueError when the text is not a semantic version.
    """
    match = _PATTERN.fullmatch(text)
    if match is None or len(text) > LENGTH_MAX:
        raise ValueError(f"{text!r} is not a semantic version")
    core = "".join(_number(part) for part in match["core"].split("."))
    if match["pre"] is None:
        return core + "~"  # sorts after every pre-release, which starts with "!"
    # The blank sorts before every character that may follow in an identifier: a shorter list of
    # identifiers, or a shorter identifier, comes first.
    return core + "!" + "".join(_identifier(part) + " " for part in match["pre"].split("."))


def _number(digits: str) -> str:
    return f"{len(digits):03d}{digits}"


def _identifier(text: str) -> str:
    return "0" + _number(text) if text.isdigit() else "1" + text

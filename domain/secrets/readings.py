"""The readings of a text: as it is, and as what a decoder or a careless eye makes of it.

A key may have an invisible character inside, or be written in base64, in hexadecimal digits, with
escapes, or over several lines.
"""

import html
import re
import unicodedata
from base64 import b64decode
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from urllib.parse import unquote

_DEPTH_MAX = 3  # base64 of base64, and what it was made of
_READINGS_MAX = 200  # of one text
_PIECE = re.compile(r"[A-Za-z0-9+/_-]{16,}")  # what may be base64
_SPACE = re.compile(r"\s")
_DIGIT = re.compile(r"[0-9]")
_SEPARATOR = re.compile(r"[/+_-]")
_STARTS_MAX = 8
_LENGTH_MIN = 16
_ASCII_IN_BASE64 = re.compile(r"(?:[A-Za-f][A-Za-z0-9+/_-]{3}){4}")  # of 12 bytes below 128
_PLAIN = re.compile(rb"[\t\n\r -~]{12,}")
_HEX = re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}){16,}(?![0-9A-Fa-f])")
_ESCAPE = re.compile(r"\\(?:u00([0-9A-Fa-f]{2})|x([0-9A-Fa-f]{2}))")
_STANDARD = str.maketrans("-_", "+/")
# A part of a key that was broken over lines or spaces, and not an ordinary word.
_FRAGMENT = r"(?=\S*[0-9]|\S*[a-z][A-Z]|\S*[-_](?:\s|$))[A-Za-z0-9+/_=.~:-]+"
_BROKEN = re.compile(rf"(?<!\S)({_FRAGMENT}(?:\s+{_FRAGMENT}(?!\S))*)(\s+[A-Za-z]+(?!\S))?")
_HAS_OTHERS = re.compile(
    rf"%[0-9A-Fa-f]{{2}}|&\#?\w+;|\\[ux]|{_ASCII_IN_BASE64.pattern}|[0-9A-Fa-f]{{32}}"
)
# Invisible characters that are no format characters of Unicode.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u2800\u3164\uffa0")
_HIDDEN = frozenset(("Cf", "Cc", "Cs", "Co", "Cn"))


def readings(text: str) -> Iterator[str]:
    """Each reading once, the visible text first."""
    plain = _visible(text)
    yield plain
    if _HAS_OTHERS.search(plain):
        yield from _others_of(plain)


def joined(text: str) -> Iterator[str]:
    """The readings with the parts of what may be a broken key put together, if there are any.

    Only formats of keys are to be looked for in them: they are no prose any more.
    """
    plain = _visible(text)
    if _SPACE.search(plain) and _DIGIT.search(plain):
        for put_together in (_parts, _parts_and_end):
            reading = _BROKEN.sub(put_together, plain)
            if reading != plain:
                yield from readings(reading)


def _parts(match: re.Match[str]) -> str:
    return "".join(match[1].split()) + (match[2] or "")


def _parts_and_end(match: re.Match[str]) -> str:
    """With a last part that looks like a word, as the last letters of a key may."""
    return "".join(match[0].split())


def _others_of(plain: str) -> Iterator[str]:
    seen = {plain}
    waiting = deque((each, 1) for each in _others(plain))
    while waiting and len(seen) < _READINGS_MAX:
        text, depth = waiting.popleft()
        reading = _visible(text)
        if reading in seen:
            continue
        seen.add(reading)
        yield reading
        if depth < _DEPTH_MAX and _HAS_OTHERS.search(reading):
            waiting.extend((each, depth + 1) for each in _others(reading))


def _others(text: str) -> Iterator[str]:
    if "%" in text:
        yield unquote(text)
    if "&" in text and ";" in text:
        yield html.unescape(text)
    if "\\" in text:
        yield _ESCAPE.sub(lambda m: chr(int(m[1] or m[2], 16)), text)
    for match in _PIECE.finditer(text):
        yield from _ascii(_decoded(match[0]))
    if len(text) >= 32:
        yield from _ascii(map(bytes.fromhex, _HEX.findall(text)))


def _decoded(piece: str) -> Iterator[bytes]:
    """What a word may be the base64 of, from each place where it may start."""
    starts = [0, *islice((m.end() for m in _SEPARATOR.finditer(piece)), _STARTS_MAX)]
    words = [*(piece[start:] for start in starts), *_SEPARATOR.split(piece)]
    for word in dict.fromkeys(words):
        if len(word) >= _LENGTH_MIN and _ASCII_IN_BASE64.match(word):
            whole = len(word) - (len(word) % 4 == 1)
            yield b64decode(f"{word[:whole]}==".translate(_STANDARD))


def _ascii(decoded: Iterable[bytes]) -> Iterator[str]:
    """The plain text with which each begins."""
    for each in decoded:
        if match := _PLAIN.match(each):
            yield match[0].decode("ascii")


def _visible(text: str) -> str:
    """The text without characters that nobody sees, and full-width letters as plain ones."""
    if text.isascii() and text.isprintable():
        return text
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return "".join(each for each in plain if each in "\t\n\r" or not _is_hidden(each))


def _is_hidden(character: str) -> bool:
    if character.isascii():
        return not character.isprintable()
    return (
        unicodedata.category(character) in _HIDDEN
        or character in _INVISIBLE
        or "\ufe00" <= character <= "\ufe0f"
        or character >= "\U000e0000"
    )

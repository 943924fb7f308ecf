"""Tells generated keys, and what stands in for a secret, from ordinary words."""

import re
from math import log2

# what stands in the place of a secret: a reference, a placeholder, a mask, or a word
_STAND_IN = re.compile(
    r"(env|vault|aws-sm|gcp-sm|k8s)://.*|\$\{[^{}]{1,80}\}|\$[a-z_]\w*|\{\{[^{}]{1,80}\}\}"
    r"|\{[\w .-]{1,64}\}|%[a-z_]\w*%|<[\w .-]{1,64}>|\[[\w ]{1,64}\]|os\.environ/\w+"
    r"|(env|file):[\w./-]+|[*x.•-]{3,}|redacted|none|null|true|false|required|optional|string|text"
    r"|your[-_ ][\w -]*|(?-i:[A-Z]+(_[A-Z]+)+(_\d+)?)",
    re.I,
)
_GENERATED = re.compile(r"[A-Za-z0-9+/_-]{32,128}={0,2}", re.ASCII)
# subresource integrity, as `sha384-…`, and the line of a public key
_PUBLIC = re.compile(
    r"(?<![\w+/=-])(?:sha256-[A-Za-z0-9+/]{43}=|sha384-[A-Za-z0-9+/]{64}|sha512-[A-Za-z0-9+/]{86}=="
    r"|(?:(?:sk-)?(?:ssh-(?:ed25519|rsa|dss)|ecdsa-sha2-nistp\d{3})(?:@openssh\.com)?\s+)"
    r"AAAA[A-Za-z0-9+/]{60,}={0,2})(?![\w+/=-])"
)
_HEXADECIMAL = re.compile(r"[0-9a-f-]+|[0-9A-F-]+")
_WORD = re.compile(r"[A-Z]?[a-z]{3,}|[^A-Za-z0-9]")  # what names are made of
_UNLIKE_WORDS_MIN = 0.55  # of the letters and digits; 0.8 of random ones, and 0.4 of a model's id
_SIGNS_MAX = 0.125  # of all characters; a name has a hyphen after each word
_ENTROPY_MIN = 3.9  # bits a character; 32 random characters have 4.5


def without_public(text: str) -> str:
    """The text without what looks generated and is public: digests of files, and keys of SSH."""
    return _PUBLIC.sub(" ", text) if "sha" in text or "AAAA" in text else text


def is_stand_in(text: str) -> bool:
    """Whether a text stands in for a secret: `${KEY}`, `env://KEY`, `Bearer <token>`, `***`."""
    text = text.strip()
    scheme, _, rest = text.partition(" ")
    if rest and scheme.lower() in ("bearer", "basic", "token"):
        text = rest.strip()
    return _STAND_IN.fullmatch(text) is not None


def is_random(text: str) -> bool:
    """Whether a word mixes cases and digits as generated keys do, and names and numbers do not."""
    kinds = (str.isupper, str.islower, str.isdigit)
    return len(text) >= 20 and all(any(map(kind, text)) for kind in kinds)


def is_generated(text: str) -> bool:
    """Whether a word of 32 characters or more was generated, and is no hash in hexadecimal digits.

    Capitals, small letters and digits are all in it, and few of them form words.
    """
    if not is_random(text) or not _GENERATED.fullmatch(text) or _HEXADECIMAL.fullmatch(text):
        return False
    letters = sum(map(str.isalnum, text))
    return (
        len(_WORD.sub("", text)) >= _UNLIKE_WORDS_MIN * letters
        and len(text.rstrip("=")) - letters <= _SIGNS_MAX * len(text)
        and entropy(text) >= _ENTROPY_MIN
    )


def is_mixed(text: str) -> bool:
    """Whether a word has letters and digits, or capitals among small letters."""
    if not any(map(str.isdigit, text)):
        return any(map(str.islower, text)) and any(map(str.isupper, text[1:]))
    return any(map(str.isalpha, text))


def is_no_word(text: str) -> bool:
    """Whether text after a secret's name is more than a word: it has letters and digits."""
    has_digit, has_letter = any(map(str.isdigit, text)), any(map(str.isalpha, text))
    return len(text) >= 6 and has_digit and has_letter


def entropy(text: str) -> float:
    """Shannon's entropy in bits a character."""
    shares = (text.count(each) / len(text) for each in set(text))
    return -sum(share * log2(share) for share in shares)

"""Finds secrets by what stands beside them: the name of a secret, a header, the parts of a URL."""

import re
from urllib.parse import unquote

from domain.secrets.words import is_generated, is_no_word, is_random, is_stand_in

_SECRET_NAME = re.compile(
    r"(^|_)(api_?keys?|access_?keys?|private_?keys?|secret_?keys?|signing_?keys?|encryption_?keys?"
    r"|account_?keys?|subscription_?keys?|auth_?keys?|secrets?|token|(access|auth|refresh)_?tokens?"
    r"|passwords?|passworte?|kennworte?|passwd|pwd|passphrases?|credentials?|authorization|cookies?|connection_?string)"
    r"(_(value|hash|b64|base64|prod|dev|test|old|new))?(_?\d+)?$"
)
# names of special tokens in the configuration of tokenizers
_MARKER = re.compile(r"(^|_)(bos|eos|pad|unk|sep|cls|mask|stop|start|end|image|audio)_token$")
# names of keys that are secrets when their value is random: `openai_key`, and no `cache_key: abc`
_KEY_NAME = re.compile(r"(^|_)(keys?|auth|pass|pat|bearer|jwt|sas|pw|creds?)(_?\d+)?$")
# names of query parameters that sign a URL
_SIGNATURE = re.compile(
    r"(^|_)(sig|signature|jwt)$|^x_(amz|goog)_(credential|security_token)$|access_?id$"
)
_PARAMETER = re.compile(r"[?&;#]([^=&;#?\s]{1,100})=([^&;#\s\"'<>]+)")
_LOGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s/?#@:]*:([^\s/?#@]+)@")
_CURL = re.compile(
    r"\bcurl\s[^\n]{0,200}?(?<=\s)(?:-[uU]|--(?:proxy-)?user)[\s=]*[\"']?[^\s:\"']*:([^\s\"']+)"
)
# of Discord, older ones without its name: the first part is a number in base64
_BOT_TOKEN = re.compile(
    r"(?<![\w.-])(?:[MNO][DTjz][AEIMQUYcgk][w-z0-5]){5,6}\w{2,4}?\.[\w-]{6}\.[\w-]{27,}"
)
_BOT_TOKEN_MIN = 58
_SCHEME = re.compile(r"\b(bearer|basic|token)\s+([A-Za-z0-9._~+/=-]{16,})", re.I)
_ASSIGNED = re.compile(
    r"\b([A-Za-z][\w-]{2,60})[\"']?\s*[:=]\s*(?:(?:bearer|basic)\s+)?[\"']?(\S+)", re.I
)
# a random word after the word for a secret, or after a vendor's name and such a word
_TELLING = re.compile(
    r"\b(?:keys?|secrets?|tokens?|passwords?|passwort|kennwort|passphrases?|credentials?|pat)\b[^\n]{0,40}?"
    r"(?<![\w+/=-])([A-Za-z0-9+/_-]{32,128}={0,2})(?![\w+/=-])",
    re.I,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD_BREAK = re.compile(r"[-. ]+")


def kind_of(text: str) -> str | None:
    """What stands in the text as a secret, such as "a password in a URL"; None without one."""
    if "://" in text and _has_login(text):
        return "a password in a URL"
    if "curl" in text and any(not is_stand_in(m[1]) for m in _CURL.finditer(text)):
        return "a password in a command"
    if len(text) >= _BOT_TOKEN_MIN and _BOT_TOKEN.search(text):
        return "a Discord bot token"
    if "=" in text and _has_parameter(text):
        return "a secret parameter"
    if " " in text and any(is_no_word(m[2]) for m in _SCHEME.finditer(text)):
        return "an authorization header"
    if (":" in text or "=" in text) and _has_assignment(text):
        return "a value after the name of a secret"
    if len(text) >= 36 and any(is_generated(m[1]) for m in _TELLING.finditer(text)):
        return "a value after the word for a secret"
    return None


def names_a_secret(key: str) -> bool:
    """Whether a field, header or parameter of this name holds a credential."""
    name = snake(key)
    return _SECRET_NAME.search(name) is not None and _MARKER.search(name) is None


def names_a_key(key: str) -> bool:
    """Whether a random value under this name is a credential."""
    return _KEY_NAME.search(snake(key)) is not None


def _has_login(text: str) -> bool:
    return any(not is_stand_in(unquote(match[1])) for match in _LOGIN.finditer(text))


def _has_parameter(text: str) -> bool:
    for match in _PARAMETER.finditer(text):
        name, value = unquote(match[1]), unquote(match[2])
        if is_stand_in(value):
            continue
        if names_a_secret(name) or _SIGNATURE.search(snake(name)):
            return True
        if name.lower() in ("key", "code", "auth") and is_no_word(value):
            return True
    return False


def _has_assignment(text: str) -> bool:
    return any(
        (
            (names_a_secret(match[1]) and is_no_word(match[2]))
            or (names_a_key(match[1]) and is_random(match[2]))
        )
        and not is_stand_in(match[2])
        for match in _ASSIGNED.finditer(text)
    )


def snake(key: str) -> str:
    """A name in small letters: clientSecret and Client-Secret are client_secret."""
    return _WORD_BREAK.sub("_", _CAMEL.sub("_", key)).lower()

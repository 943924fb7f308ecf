"""Detects values that look like credentials, so that none is stored."""

import re
from typing import Any

_KEY = re.compile(
    r"(^|_)(api_?key|access_?key|private_?key|secret_?key|secret|token|password|passwd|pwd"
    r"|credentials?|authorization)$"
)
# names of special tokens in the configuration of tokenizers
_MARKER = re.compile(r"(^|_)(bos|eos|pad|unk|sep|cls|mask|stop|start|end)_token$")
_VALUES = (
    re.compile(r"\bsk-(?!learn\b)[A-Za-z0-9_-]{16,}"),  # OpenAI, Anthropic and others
    re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"),  # AWS
    re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b"),  # Google
    re.compile(r"\b(ghp|gho|ghs|ghu)_[A-Za-z0-9]{36}\b|\bgithub_pat_\w{22,}"),
    re.compile(r"\bhf_[A-Za-z0-9]{30,}\b"),
    re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),  # Slack
    re.compile(r"\bmrk_[a-z0-9]+_[A-Za-z0-9_-]{16,}"),  # our own
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),  # JWT
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def looks_like_a_secret(value: Any) -> str | None:
    """The key or value in the JSON value that seems to hold a credential; None without one."""
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, str) and item and _names_a_secret(key):
                return repr(key)
            if place := looks_like_a_secret(item):
                return repr(key) if place == "a value" else place
    if isinstance(value, list):
        return next(filter(None, map(looks_like_a_secret, value)), None)
    if isinstance(value, str) and any(pattern.search(value) for pattern in _VALUES):
        return "a value"
    return None


def _names_a_secret(key: str) -> bool:
    name = _CAMEL.sub("_", key).lower().replace("-", "_")
    return _KEY.search(name) is not None and _MARKER.search(name) is None

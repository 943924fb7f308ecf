"""Writes betterleaks.toml anew: `python -m domain.secrets.vendoring betterleaks.toml VERSION`.

The argument is the default configuration of https://github.com/betterleaks/betterleaks. Kept of a
rule are its pattern, its keywords and its least entropy. Left out are rules that judge by the path
of a file, rules for identifiers that are no secrets, the generic rules, which
`domain.secrets.contexts` has for texts and JSON, and one whose pattern is a constant: scanners of
files take it for a key (own.toml has a pattern for it).
"""

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

TARGET = Path(__file__).with_name("betterleaks.toml")
_LEFT_OUT = re.compile(
    r"generic-|curl-auth|kubernetes-secret|aws-amazon-bedrock-api-key-short-lived|.*-(id|pub-key|public-key|url|host|username|name)(\.\d)?$"
)
_SECRET_BUT_NOT_REPORTED = frozenset(("aws-secret-access-key", "exoscale-api-secret"))
_ENTROPY = re.compile(r'entropy\(finding\["secret"\]\) <=? ([\d.]+)')
# What may follow a secret in source code; in a sentence, punctuation may follow, too.
_END = r"""(?:\\?['"\x60]|[\s;]|\\[nr]|$)"""
_ANY_END = r"""(?:[^\w+-]|$)"""
_ACRONYM = re.compile(
    r"ai|api|aws|cd|ci|gcp|ibm|jwt|npm|ovh|pat|ptt|rrt|scim|sdk|sts|tf|uri|url|xai|zai"
)
_HEAD = """\
# Formats of the keys of many vendors: rules of Betterleaks {version}, https://github.com/betterleaks/betterleaks
# Written by `python -m domain.secrets.vendoring`, which says what was left out. Do not edit.
#
# MIT License
# Copyright (c) 2026 Betterleaks Contributors
# Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
# associated documentation files (the "Software"), to deal in the Software without restriction,
# including without limitation the rights to use, copy, modify, merge, publish, distribute,
# sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
# furnished to do so, subject to the following conditions:
# The above copyright notice and this permission notice shall be included in all copies or
# substantial portions of the Software.
# THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
# NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
# NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM,
# DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT
# OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def convert(source: str, version: str) -> str:
    """The text of betterleaks.toml, from the text of the configuration of Betterleaks."""
    rules = tomllib.loads(source)["rules"]
    return "\n".join((_HEAD.format(version=version), *(_rule(r) for r in rules if _is_kept(r))))


def _is_kept(rule: dict[str, Any]) -> bool:
    if "regex" not in rule or "path" in rule or _LEFT_OUT.match(rule["id"]):
        return False
    return not rule.get("skipReport") or rule["id"] in _SECRET_BUT_NOT_REPORTED


def _rule(rule: dict[str, Any]) -> str:
    entropy = _ENTROPY.search(rule.get("filter", ""))
    keywords = ", ".join(f'"{keyword}"' for keyword in rule["keywords"])
    return f"""[[rules]]
kind = "{_kind(rule["id"])}"
regex = '''{rule["regex"].replace(_END, _ANY_END)}'''
keywords = [{keywords}]
entropy = {entropy[1] if entropy else 0}
"""


def _kind(id: str) -> str:
    """What messages call the secret: `groq-api-key` is `Groq API key`."""
    words = id.partition(".")[0].split("-")
    kind = " ".join(word.upper() if _ACRONYM.fullmatch(word) else word for word in words)
    return kind[:1].upper() + kind[1:]


if __name__ == "__main__":
    TARGET.write_text(convert(Path(sys.argv[1]).read_text("utf-8"), sys.argv[2]), "utf-8")

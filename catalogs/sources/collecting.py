"""Collects the entries of a source: what cannot be understood is skipped and named."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from catalogs.catalog import CatalogError
from catalogs.entry import Entry, Remark, SourceFile
from catalogs.sources import document, suspicious
from catalogs.sources.values import Unreadable
from domain import rules
from domain.secrets import scanner

KEY_MAX = 500  # characters of an entry's key
REASON_MAX = 1_000  # characters of a remark
REPEATED = "the file has its key more than once: the last one is read"
_NOT_SHOWN = "(not shown: it looks like a secret)"
Parse = Callable[[str, Any, list[str]], Iterable[Entry]]


@dataclass(slots=True)
class Collected:
    """The entries of a source by key, and the remarks on them."""

    entries: dict[str, Entry] = field(default_factory=dict)
    innocent: set[str] = field(default_factory=set)  # texts in which no secret was found
    skipped: list[Remark] = field(default_factory=list)
    partial: list[Remark] = field(default_factory=list)
    ignored: list[Remark] = field(default_factory=list)


def add(collected: Collected, name: str, raw: Any, parse: Parse) -> None:
    """Adds the entries that `parse` makes of one raw entry, or the reason why it makes none."""
    remarks: list[str] = []
    try:
        entries = list(parse(name, raw, remarks))
        for entry in entries:
            _check(entry, collected)
    except Unreadable as error:
        skip(collected, name, str(error))
        return
    collected.entries.update((entry.key, entry) for entry in entries)
    remark(collected, name, remarks)


def skip(collected: Collected, name: str, reason: str) -> None:
    """Names an entry that is not imported."""
    collected.skipped.append(_remark(name, reason))


def ignore(collected: Collected, name: str, reason: str) -> None:
    """Names an entry that is understood, and is no binding."""
    collected.ignored.append(_remark(name, reason))


def remark(collected: Collected, name: str, reasons: Iterable[str]) -> None:
    """Names an entry that is imported in part; a reason is given once."""
    collected.partial += [_remark(name, reason) for reason in dict.fromkeys(reasons)]


def objects(content: Any, wanted: str) -> dict[str, Any]:
    """The document as an object of JSON; raises CatalogError when it is none."""
    if not isinstance(content, dict):
        found = document.looks_like(content)
        reason = f"it looks like {found}" if found else "it is not an object of JSON"
        raise CatalogError(f"it is not {wanted}: {reason}")
    return content


def refuse(collected: Collected, content: Any, wanted: str, strict: bool) -> None:
    """Raises CatalogError when no entry was understood, or when `strict` and one was skipped."""
    if not collected.entries:
        found = document.looks_like(content)
        if found in (wanted, None):
            raise CatalogError(f"no entry of {wanted} can be read: {_first(collected)}")
        raise CatalogError(f"it is not {wanted}: it looks like {found}")
    if strict and collected.skipped:
        number = len(collected.skipped)
        entries = "entry" if number == 1 else "entries"
        raise CatalogError(f"strict: {number} {entries} cannot be read: {_first(collected)}")


def source_file(
    collected: Collected, catalog: str, precedence: int, url: str | None, file_hash: str
) -> SourceFile:
    """The content of the source, with what is suspicious in it."""
    entries = tuple(collected.entries.values())
    return SourceFile(
        catalog=catalog,
        precedence=precedence,
        url=url,
        file_hash=file_hash,
        entries=entries,
        skipped=tuple(collected.skipped),
        ignored=tuple(collected.ignored),
        partial=tuple(collected.partial),
        suspicious=tuple(suspicious.of_file(entries)),
    )


def _first(collected: Collected) -> str:
    if not collected.skipped:
        return "it has no entries"
    entry, reason = collected.skipped[0]
    return f"entry {entry!r}: {reason}"


def _check(entry: Entry, collected: Collected) -> None:
    """Raises Unreadable for values that no client may store either."""
    _refuse_secrets(entry, collected.innocent)
    if entry.key in collected.entries:
        raise Unreadable(f"the key {entry.key!r} is another entry's, too")
    texts = {"key": entry.key, "raw_name": entry.raw_name}
    named = {
        "provider": entry.provider,
        "provider_model_id": entry.provider_model_id,
        "region": entry.region,
    }
    found = [
        *rules.breaches(texts, {"key": rules.up_to(KEY_MAX), "raw_name": rules.up_to(200)}),
        *rules.breaches(named, rules.BINDING),
    ]
    if found:
        raise Unreadable(found[0].message)


def _refuse_secrets(entry: Entry, innocent: set[str]) -> None:
    """Raises Unreadable, without the secret, if a text of the entry seems to be or to hold one."""
    texts = (
        ("key", entry.key),
        ("raw name", entry.raw_name),
        ("provider", entry.provider),
        ("model id", entry.provider_model_id),
        ("region", entry.region),
        *(("link to another entry", name) for name in entry.same_as),
        ("description", entry.said.description),
        ("provider's name", entry.said.provider_name),
        ("API address", entry.said.api_base),
        ("address of documentation", entry.said.docs_url),
    )
    for name, text in texts:
        if text is None or text in innocent:
            continue
        if found := scanner.find(text):
            raise Unreadable(f"its {name} must not hold a secret, and it looks like {found.kind}")
        innocent.add(text)


def _remark(name: str, reason: str) -> Remark:
    """One line of printable text each, whatever the file holds, and no secret in it."""
    shown = _printable(name, KEY_MAX), _printable(reason, REASON_MAX)
    return Remark(*(_NOT_SHOWN if scanner.find(text) else text for text in shown))


def _printable(text: str, length: int) -> str:
    plain = "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )
    return plain if len(plain) <= length else f"{plain[:length]}..."

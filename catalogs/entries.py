"""From a catalog's flat list, one line a provider's model, to models, versions and bindings."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from catalogs.catalog import Binding, Facts, ImportIssue, Model, Version
from catalogs.names import Name
from domain.enums import Capability, TaskType, VersionStatus

_TASKS = (
    (re.compile(r"rerank"), TaskType.RERANK),
    (re.compile(r"embed|\bbge-|\bgte-|^voyage-|\be5-"), TaskType.EMBEDDING),
    (re.compile(r"moderation|guard"), TaskType.MODERATION),
    (re.compile(r"whisper|transcribe|scribe|\bstt\b|\basr\b"), TaskType.SPEECH_TO_TEXT),
    (re.compile(r"\btts\b|^eleven_|orpheus|^aura"), TaskType.TEXT_TO_SPEECH),
    (re.compile(r"realtime|-live\b|voice"), TaskType.REALTIME),
    (re.compile(r"\bocr\b"), TaskType.OCR),
    (re.compile(r"dall-e|image|^flux|stable-diffusion|banana"), TaskType.IMAGE_GENERATION),
    (re.compile(r"^sora|^veo|video"), TaskType.VIDEO_GENERATION),
    (re.compile(r"instruct-0914|^(?:babbage|davinci|curie|ada)\b"), TaskType.COMPLETION),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogEntry:
    """One entry of a catalog: a provider serves a version under a name of its own."""

    entry: str
    name: Name
    task: TaskType
    binding: Binding
    facts: Facts
    deprecated: bool = False
    description: str | None = None


def task_of(model: str) -> TaskType:
    """What a model is for, guessed from its name; CHAT unless the name says otherwise."""
    return next((task for pattern, task in _TASKS if pattern.search(model)), TaskType.CHAT)


def group(
    entries: Iterable[CatalogEntry], source: str
) -> tuple[tuple[Model, ...], tuple[ImportIssue, ...]]:
    """The models of these entries, by name, and the entries that repeat an earlier binding."""
    by_model: dict[str, dict[str, list[CatalogEntry]]] = defaultdict(lambda: defaultdict(list))
    seen: dict[tuple[str, str, str | None, Name], str] = {}
    doubled: list[ImportIssue] = []
    for entry in entries:
        binding = entry.binding
        name = Name(entry.name.model, entry.name.version)  # the region is the binding's
        key = (binding.provider, binding.provider_model_id, binding.region, name)
        if key in seen:
            doubled.append(ImportIssue(entry.entry, "the same binding as an earlier entry"))
            continue
        seen[key] = entry.entry
        by_model[name.model][name.version].append(entry)
    models = (_model(name, versions, source) for name, versions in sorted(by_model.items()))
    return tuple(models), tuple(doubled)


def _model(name: str, versions: dict[str, list[CatalogEntry]], source: str) -> Model:
    entries = [entry for group in versions.values() for entry in group]
    return Model(
        name=name,
        task=Counter(entry.task for entry in entries).most_common(1)[0][0],
        description=next((o.description for o in entries if o.description), None),
        labels={"catalog": source},
        versions=tuple(_version(version, group) for version, group in sorted(versions.items())),
    )


def _version(version: str, entries: list[CatalogEntry]) -> Version:
    gone = all(entry.deprecated for entry in entries)
    return Version(
        version=version,
        facts=_facts([entry.facts for entry in entries]),
        bindings=tuple(entry.binding for entry in entries),
        status=VersionStatus.DEPRECATED if gone else VersionStatus.ACTIVE,
    )


def _facts(facts: list[Facts]) -> Facts:
    return Facts(
        context_window=_agreed([fact.context_window for fact in facts]),
        max_output_tokens=_agreed([fact.max_output_tokens for fact in facts]),
        capabilities=_any([fact.capabilities for fact in facts]),
    )


def _agreed(figures: list[int | None]) -> int | None:
    """What most providers say; the larger of two that as many say, as some serve less than all."""
    counted = Counter(figure for figure in figures if figure is not None)
    return max(counted, key=lambda figure: (counted[figure], figure), default=None)


def _any(known: list[tuple[Capability, ...] | None]) -> tuple[Capability, ...] | None:
    if all(capabilities is None for capabilities in known):
        return None
    return tuple(sorted({word for capabilities in known for word in capabilities or ()}))

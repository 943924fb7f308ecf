"""Groups the flat entries of a catalog into models, versions and bindings."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from catalogs.catalog import Binding, Facts, ImportIssue, Model, Version
from catalogs.names import Name
from domain import rules
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
    """One entry of a catalog: a version at one provider, under the provider's name for it."""

    key: str
    name: Name
    task: TaskType
    binding: Binding
    facts: Facts
    deprecated: bool = False
    description: str | None = None


def task_of(model: str) -> TaskType:
    """The task of a model, derived from its name; CHAT when no pattern matches."""
    return next((task for pattern, task in _TASKS if pattern.search(model)), TaskType.CHAT)


def build_models(
    entries: Iterable[CatalogEntry], source: str
) -> tuple[tuple[Model, ...], tuple[ImportIssue, ...]]:
    """The models of these entries by name, and the entries that are refused, each with a reason.

    Refused are values that no client may store either, and entries that repeat a binding.
    """
    by_model: dict[str, dict[str, list[CatalogEntry]]] = defaultdict(lambda: defaultdict(list))
    seen: set[tuple[str, str, str | None, Name]] = set()
    refused: list[ImportIssue] = []
    for entry in entries:
        binding = entry.binding
        if problem := _problem(entry):
            refused.append(ImportIssue(entry.key, problem))
            continue
        name = Name(entry.name.model, entry.name.version)  # the region belongs to the binding
        key = (binding.provider, binding.provider_model_id, binding.region, name)
        if key in seen:
            refused.append(ImportIssue(entry.key, "the same binding as an earlier entry"))
            continue
        seen.add(key)
        by_model[name.model][name.version].append(entry)
    models = (_model(name, versions, source) for name, versions in sorted(by_model.items()))
    return tuple(models), tuple(refused)


def _problem(entry: CatalogEntry) -> str | None:
    """What the rules of inputs refuse in the entry's values, or None."""
    binding = entry.binding
    of_model = {"name": entry.name.model, "description": entry.description}
    of_binding = {
        "provider": binding.provider,
        "provider_model_id": binding.provider_model_id,
        "region": binding.region,
    }
    found = [
        *rules.breaches(of_model, rules.MODEL),
        *rules.breaches({"version": entry.name.version}, rules.VERSION),
        *rules.breaches(of_binding, rules.BINDING),
    ]
    return found[0].message if found else None


def _model(name: str, versions: dict[str, list[CatalogEntry]], source: str) -> Model:
    entries = list(chain.from_iterable(versions.values()))
    return Model(
        name=name,
        task=Counter(entry.task for entry in entries).most_common(1)[0][0],
        description=next((entry.description for entry in entries if entry.description), None),
        labels={"catalog": source},
        versions=tuple(_version(*item) for item in sorted(versions.items())),
    )


def _version(version: str, entries: list[CatalogEntry]) -> Version:
    is_deprecated = all(entry.deprecated for entry in entries)
    return Version(
        version=version,
        facts=_facts([entry.facts for entry in entries]),
        bindings=tuple(entry.binding for entry in entries),
        status=VersionStatus.DEPRECATED if is_deprecated else VersionStatus.ACTIVE,
    )


def _facts(facts: list[Facts]) -> Facts:
    return Facts(
        context_window=_most_common([fact.context_window for fact in facts]),
        max_output_tokens=_most_common([fact.max_output_tokens for fact in facts]),
        capabilities=_union([fact.capabilities for fact in facts]),
    )


def _most_common(figures: list[int | None]) -> int | None:
    """The figure of most providers; of a tie the larger, as some offer less than the full size."""
    counts = Counter(figure for figure in figures if figure is not None)
    return max(counts, key=lambda figure: (counts[figure], figure), default=None)


def _union(known: list[tuple[Capability, ...] | None]) -> tuple[Capability, ...] | None:
    if all(capabilities is None for capabilities in known):
        return None
    return tuple(sorted(set(chain.from_iterable(capabilities or () for capabilities in known))))

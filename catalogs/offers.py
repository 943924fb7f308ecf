"""From a catalog's flat list, one line a provider's model, to models, versions and bindings."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from catalogs.catalog import Binding, Facts, Model, Remark, Version
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
class Offer:
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


def group(offers: Iterable[Offer], source: str) -> tuple[tuple[Model, ...], tuple[Remark, ...]]:
    """The models of these offers, by name, and the offers whose binding another one already is."""
    by_model: dict[str, dict[str, list[Offer]]] = defaultdict(lambda: defaultdict(list))
    seen: dict[tuple[str, str, str | None, Name], str] = {}
    doubled: list[Remark] = []
    for offer in offers:
        binding = offer.binding
        name = Name(offer.name.model, offer.name.version)  # the region is the binding's
        key = (binding.provider, binding.provider_model_id, binding.region, name)
        if key in seen:
            doubled.append(Remark(offer.entry, "the same binding as an earlier entry"))
            continue
        seen[key] = offer.entry
        by_model[name.model][name.version].append(offer)
    models = (_model(name, versions, source) for name, versions in sorted(by_model.items()))
    return tuple(models), tuple(doubled)


def _model(name: str, versions: dict[str, list[Offer]], source: str) -> Model:
    offers = [offer for group in versions.values() for offer in group]
    return Model(
        name=name,
        task=Counter(offer.task for offer in offers).most_common(1)[0][0],
        description=next((o.description for o in offers if o.description), None),
        labels={"catalog": source},
        versions=tuple(_version(version, group) for version, group in sorted(versions.items())),
    )


def _version(version: str, offers: list[Offer]) -> Version:
    gone = all(offer.deprecated for offer in offers)
    return Version(
        version=version,
        facts=_facts([offer.facts for offer in offers]),
        bindings=tuple(offer.binding for offer in offers),
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

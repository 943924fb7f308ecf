"""Measures the names against links that people made: `python -m catalogs.measure LINKS.csv`.

LINKS.csv has the columns provider, provider_model_id and canonical_model. Two ids of one canonical
model should be one model here, two of different ones should not. Pairs whose canonical models
differ in a date only are not counted: these are versions of one model here. The links are grouped
together with genai-prices, which every registry has.
"""

import csv
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from catalogs import grouping, providers, stamps
from catalogs.entry import Entry
from catalogs.grouping import CatalogedEntry
from catalogs.sources import genai_prices, regions

_SHOWN_MAX = 40  # lines of each list


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a provider (as the file spells it) calls a model, and which model that is."""

    provider: str
    provider_model_id: str
    canonical: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Counts of pairs, and the canonical models whose names are split or merged."""

    right: int  # one model here and in the file
    merged: int  # one model here, two in the file
    split: int  # two models here, one in the file
    split_models: Mapping[str, Mapping[str, int]]  # canonical: names here, with their counts
    merged_models: Mapping[str, Mapping[str, int]]  # name here: canonical ones, with their counts

    @property
    def precision(self) -> float:
        return self.right / ((self.right + self.merged) or 1)

    @property
    def recall(self) -> float:
        return self.right / ((self.right + self.split) or 1)


def read(path: str) -> list[Link]:
    """The links of a CSV file; raises OSError, and KeyError where a column is missing."""
    with Path(path).open(newline="", encoding="utf-8") as file:
        return [
            Link(
                provider=row["provider"],
                provider_model_id=row["provider_model_id"],
                canonical=row["canonical_model"],
            )
            for row in csv.DictReader(file)
        ]


def measure(links: Iterable[Link]) -> Measured:
    """Precision and recall over all pairs of links."""
    found = list(dict.fromkeys(links))
    names = _names(found)
    here = [names[link] for link in found]
    there = [_undated(link.canonical) for link in found]
    pairs: Counter[tuple[bool, bool]] = Counter()
    for one, other in combinations(range(len(found)), 2):
        if here[one] == here[other] or there[one] == there[other]:
            is_date_only = there[one] == there[other] and (
                found[one].canonical != found[other].canonical
            )
            pairs[here[one] == here[other], there[one] == there[other]] += not is_date_only
    return Measured(
        right=pairs[True, True],
        merged=pairs[True, False],
        split=pairs[False, True],
        split_models=_several(zip(there, here, strict=True)),
        merged_models=_several(zip(here, there, strict=True)),
    )


def _names(links: Iterable[Link]) -> dict[Link, str]:
    """The model of each link; a name that is no valid one is a model of its own."""
    shipped = genai_prices.read()
    entries = {str(number): (link, _entry(str(number), link)) for number, link in enumerate(links)}
    cataloged = [CatalogedEntry("links", 100, entry, True) for _, entry in entries.values()]
    cataloged += [
        CatalogedEntry(shipped.catalog, shipped.precedence, each, True) for each in shipped.entries
    ]
    placed = grouping.group(cataloged, {})
    return {
        link: placed["links", key].model if ("links", key) in placed else f"(none) {key}"
        for key, (link, _) in entries.items()
    }


def _entry(key: str, link: Link) -> Entry:
    path, region = regions.split_path(link.provider_model_id)
    raw_name, geography = regions.split_geography(path)
    return Entry(
        key=key,
        provider=providers.slug(link.provider),
        provider_model_id=link.provider_model_id,
        region=region or geography,
        raw_name=raw_name,
    )


def _undated(canonical: str) -> str:
    return stamps.split(canonical.lower().removesuffix("-latest"))[0]


def _several(pairs: Iterable[tuple[str, str]]) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for one, other in pairs:
        found[one][other] += 1
    return {one: dict(others) for one, others in sorted(found.items()) if len(others) > 1}


def report(measured: Measured) -> list[str]:
    """The lines that the command prints."""
    lines = [
        f"precision {measured.precision:.3f}, recall {measured.recall:.3f}"
        f" (pairs: {measured.right} right, {measured.merged} merged, {measured.split} split)"
    ]
    for title, models in (("split", measured.split_models), ("merged", measured.merged_models)):
        lines.append(f"{title}: {len(models)}")
        for name, others in list(models.items())[:_SHOWN_MAX]:
            counted = ", ".join(f"{other} ({number})" for other, number in others.items())
            lines.append(f"  {name}: {counted}")
    return lines


def main(arguments: list[str]) -> int:
    """0, or 2 with a message when the file cannot be read."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m catalogs.measure LINKS.csv\n")
        return 2
    try:
        measured = measure(read(arguments[0]))
    except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
        sys.stderr.write(f"{arguments[0]} cannot be read: {error!r}\n")
        return 2
    sys.stdout.write("\n".join(report(measured)) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

"""Measures the scanner for secrets: `python -m bench.scanner [CATALOG …]`.

It prints how many made-up keys it finds, by kind and shape; its false alarms in innocent texts, in
the catalog of genai-prices, and in other catalogs, JSON or gzipped JSON; and its time for a text.
"""

import argparse
import gzip
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from bench.innocent_texts import innocent
from bench.made_up_keys import made_up, shapes
from catalogs.entry import to_json
from catalogs.sources import genai_prices
from domain.secrets import formats, scanner

SEEDS = range(1, 6)


def hits(seeds: Iterable[int]) -> Iterator[tuple[str, str, bool]]:
    """The kind and shape of each made-up key, and whether it was found."""
    for seed in seeds:
        for made in made_up(seed):
            for shape, value in shapes(made):
                yield made.kind, shape, scanner.find(value) is not None


def values(content: Any) -> Iterator[Any]:
    """Each object and each text of a document, as what an input could hold."""
    if isinstance(content, dict):
        yield content
        yield from (inner for item in content.values() for inner in values(item))
    elif isinstance(content, list):
        yield from (inner for item in content for inner in values(item))
    elif isinstance(content, str):
        yield content


def false_alarms(contents: Iterable[Any]) -> tuple[int, list[scanner.Found]]:
    """How many values there are, and what was found in them."""
    count, found = 0, []
    for value in contents:
        count += 1
        if alarm := scanner.find(value):
            found.append(alarm)
    return count, found


def _read(path: str) -> Any:
    content = Path(path).read_bytes()
    return json.loads(gzip.decompress(content) if path.endswith(".gz") else content)


def _report(name: str, contents: Iterable[Any]) -> None:
    every = [*contents]
    count, found = false_alarms(every)
    texts = [*{value for value in every if isinstance(value, str)}]
    start = time.process_time()
    for text in texts:
        scanner.find(text)
    each = (time.process_time() - start) / max(1, len(texts)) * 1e6
    print(
        f"{name}: {len(found)} false alarms in {count:,} values; {each:.1f} µs a text", *found[:9]
    )


def main(paths: list[str]) -> None:
    """Print what is measured."""
    formats.load()
    found = [*hits(SEEDS)]
    missed = Counter((kind, shape) for kind, shape, is_found in found if not is_found)
    kinds, forms = ({each[n] for each in found} for n in (0, 1))
    print(f"{len(found) - missed.total():,} of {len(found):,} made-up keys found,", end=" ")
    print(f"of {len(kinds)} kinds in {len(forms)} shapes; missed: {dict(missed)}")
    _report("innocent texts", (value for seed in SEEDS for value in innocent(seed)))
    entries = [to_json(entry) for entry in genai_prices.read().entries]
    _report("genai-prices", values(entries))
    for path in paths:
        _report(path, values(_read(path)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("catalogs", nargs="*", help="catalogs as JSON or gzipped JSON")
    main(parser.parse_args().catalogs)

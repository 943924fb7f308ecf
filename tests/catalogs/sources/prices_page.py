"""The tables of docs/catalog-sources.md, made from the mappings of the readers.

`python -m tests.catalogs.sources.prices_page` writes them.
"""

from collections.abc import Iterable

from catalogs.sources import genai_prices_components, litellm_meters, models_dev_prices
from tests.project.pages import ROOT

PAGE = ROOT / "docs" / "catalog-sources.md"


def page() -> str:
    """The whole page, with tables as they are now."""
    text = PAGE.read_text("utf-8")
    for name, table in _tables().items():
        start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(end)
        text = f"{before}{start}{table}\n{end}{after}"
    return text


def _tables() -> dict[str, str]:
    bases = [(base, "any", *charge) for base, charge in litellm_meters.BASES.items()]
    by_mode = [(*key, *charge) for key, charge in litellm_meters.BY_MODE.items()]
    return {
        "genai-prices": _table(
            ("key", "meter", "unit"),
            (
                (_code(key), _code(meaning.meter), _code(meaning.unit))
                for key, meaning in genai_prices_components.METERS.items()
            ),
        ),
        "models-dev": _table(
            ("key in `cost`", "meter"),
            ((_code(key), _code(meter)) for key, meter in models_dev_prices.METERS.items()),
        ),
        "variants": _table(
            ("suffix", "variant"),
            ((_code(f"_{key}"), _code(each)) for key, each in litellm_meters.VARIANTS.items()),
        ),
        "litellm": _table(
            ("base", "mode", "meter", "unit"),
            (
                (_code(base), _code(mode), _code(meter), _code(unit))
                for base, mode, meter, unit in sorted((*bases, *by_mode))
            ),
        ),
        "unmapped": _table(
            ("key", "why"),
            ((_code(key), reason) for key, reason in litellm_meters.UNMAPPED.items()),
        ),
    }


def _code(text: str | None) -> str:
    return text if text == "any" else f"`{text}`"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")

"""The table of metrics in docs/operations.md, made from the instruments.

`python -m tests.project.metrics_page` writes it.
"""

from server.ops import instruments
from tests.project.pages import ROOT

PAGE = ROOT / "docs" / "operations.md"
_START, _END = "<!-- metrics -->\n", "\n<!-- /metrics -->"


def table() -> str:
    """Each metric with its kind, its labels and its meaning."""
    rows = [
        f"| `{each.shown_name}` | {each.kind} | {', '.join(f'`{x}`' for x in each.labels)} |"
        f" {each.help} |"
        for each in instruments.ALL
    ]
    return "\n".join(["| metric | kind | labels | meaning |", "|---|---|---|---|", *rows])


def page() -> str:
    """The whole page, with the table as it is now."""
    before, _, rest = PAGE.read_text("utf-8").partition(_START)
    return f"{before}{_START}{table()}{_END}{rest.partition(_END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")

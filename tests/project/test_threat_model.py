"""docs/threat-model.md: each answer to a threat names code and tests that exist."""

import re

import pytest

from tests.project.pages import PAGES, ROOT

TEXT = (ROOT / "docs" / "threat-model.md").read_text("utf-8")
TABLE = TEXT.partition("<!-- threats -->\n")[2].partition("<!-- /threats -->")[0]
ROWS = [[cell.strip() for cell in row.strip("|").split("|")] for row in TABLE.splitlines()[2:]]


def _paths(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_an_answer_has_code_and_tests(row: list[str]) -> None:
    _, _, code, tests = row
    assert code
    assert [path for path in _paths(code) if not (ROOT / path).exists()] == []
    assert _paths(tests)
    for path in _paths(tests):
        assert re.search(r"^(async )?def test_", (ROOT / path).read_text("utf-8"), re.M), path


def test_every_kind_of_threat_is_answered() -> None:
    assert {row[0].partition(":")[0] for row in ROWS} == set("STRIDE")


def test_the_page_and_how_to_report_are_among_the_checked_pages() -> None:
    assert {ROOT / "SECURITY.md", ROOT / "docs" / "threat-model.md"} <= set(PAGES)

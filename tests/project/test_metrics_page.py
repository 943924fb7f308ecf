"""docs/operations.md has every metric."""

from server.ops import instruments
from tests.project import metrics_page


def test_the_page_is_up_to_date() -> None:
    """`python -m tests.project.metrics_page` writes it."""
    assert metrics_page.PAGE.read_text("utf-8") == metrics_page.page()


def test_each_metric_has_a_name_of_its_own() -> None:
    names = [each.name for each in instruments.ALL]
    assert sorted(set(names)) == sorted(names)
    assert [name for name in names if name.endswith("_total")] == []

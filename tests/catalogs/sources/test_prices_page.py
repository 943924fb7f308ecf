"""docs/catalog-sources.md shows which key of a catalog has which meter."""

from tests.catalogs.sources import prices_page


def test_the_page_is_up_to_date() -> None:
    """`python -m tests.catalogs.sources.prices_page` writes it."""
    assert prices_page.PAGE.read_text("utf-8") == prices_page.page()

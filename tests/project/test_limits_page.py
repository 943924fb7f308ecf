"""docs/limits.md has every limit: each setting that is one, and each limit that the API shows."""

from dataclasses import fields

from domain.rules import api_name
from resolvers.service import Limits
from tests.graphql import SCHEMA
from tests.project import limits_page


def test_the_page_is_up_to_date() -> None:
    """`python -m tests.project.limits_page` writes it."""
    assert limits_page.PAGE.read_text("utf-8") == limits_page.page()


def test_every_limit_of_the_server_is_in_service_limits_and_has_a_setting() -> None:
    names = {api_name(field.name) for field in fields(Limits)}
    served = SCHEMA._schema.type_map["ServiceLimits"]
    assert names == set(served.fields)  # type: ignore[attr-defined]  # it is an object type
    table = limits_page.settings_table()
    assert [name for name in names if f"| `{name}` |" not in table] == []


def test_every_fixed_limit_says_what_happens_beyond_it() -> None:
    assert all(each.what and each.most and each.beyond for each in limits_page.FIXED)

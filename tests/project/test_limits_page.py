"""docs/limits.md has every limit: each setting that is one, and each limit that the API shows."""

import importlib
import inspect
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields

import db.writes
import domain
import resolvers
from domain.rules import INT_MAX, api_name
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


def _constants() -> Iterator[tuple[str, int]]:
    """Each public number that is called a maximum, in the module that defines it."""
    for package in (domain, db.writes, resolvers):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(found.name)
            own = re.findall(r"^([A-Z]\w*_MAX) = ", inspect.getsource(module), re.MULTILINE)
            yield from (
                (f"{found.name}.{name}", value)
                for name in own
                if isinstance(value := getattr(module, name), int) and value != INT_MAX
            )


def test_every_constant_that_is_a_maximum_is_on_the_page() -> None:
    """Several may have the same number: then it is there as often."""
    found = [*_constants()]
    missing = Counter(value for _, value in found) - Counter(e.most for e in limits_page.FIXED)
    assert [each for each in found if each[1] in missing] == []
    assert len(found) > 20


def test_every_fixed_limit_says_what_happens_beyond_it() -> None:
    assert all(each.what and each.most and each.beyond for each in limits_page.FIXED)

"""docs/access.md says for each field which role it needs, and no root field is without one."""

import pytest

from domain.access import Role
from schema.fields import field, mutation, subscription
from tests.graphql import SCHEMA
from tests.project import access_page


def test_the_page_is_up_to_date() -> None:
    """`python -m tests.project.access_page` writes it."""
    assert access_page.PAGE.read_text("utf-8") == access_page.page()


def test_every_root_field_names_a_role() -> None:
    named = {each.coordinate for each in access_page.restrictions()}
    types = [SCHEMA._schema.type_map[name] for name in ("Query", "Mutation", "Subscription")]
    roots = {f"{type_.name}.{name}" for type_ in types for name in type_.fields}  # type: ignore[attr-defined]  # they are object types
    assert roots <= named
    assert "ProviderBinding.credentialRef" in named


@pytest.mark.parametrize("declare", [field, mutation, subscription])
def test_a_root_field_cannot_be_declared_without_a_role(declare: object) -> None:
    def resolver() -> int:
        """A field."""
        return 1

    with pytest.raises(TypeError, match="requires"):
        declare(resolver)  # type: ignore[operator]  # each is a function


def test_roles_include_those_before_them() -> None:
    assert [[one.includes(other) for other in Role] for one in Role] == [
        [True, False, False, False],
        [True, True, False, False],
        [True, True, True, False],
        [True, True, True, True],
    ]

"""Turns constraint violations into problems, by the name of the constraint."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from db.postgres.errors import driver_error
from db.postgres.reader import Reader
from db.postgres.statements import Query, labelled
from db.reads import prices
from db.tables import ModelAlias, ModelVersion, Provider, ProviderBinding, Token
from db.tables.columns import lower
from db.tables.models import Model
from domain.problems import AlreadyExists, Invalid, InvalidState, NotFound, Problem, UserErrorCode

# Unique constraint -> the table, what exists already, and the path of the value in the input.
_UNIQUE: dict[str, tuple[type[SQLModel], str, tuple[str, ...]]] = {
    "uq_models_name": (Model, "a model of this name, in any case,", ("name",)),
    "uq_providers_slug": (Provider, "a provider of this slug", ("slug",)),
    "uq_model_versions_model_id_version": (
        ModelVersion,
        "a version with this semantic version in the model",
        ("version",),
    ),
    "uq_model_versions_model_id_content_hash": (
        ModelVersion,
        "a version with this content hash in the model",
        ("contentHash",),
    ),
    "uq_provider_bindings_key": (
        ProviderBinding,
        "a binding of this version, provider, providerModelId and region",
        ("providerModelId",),
    ),
    "uq_prices_binding_id_effective_from": (
        prices.LISTING.table,
        "a price with this effectiveFrom",
        ("price", "effectiveFrom"),
    ),
    "uq_model_aliases_model_id_name": (ModelAlias, "this alias in the model", ("alias",)),
    "uq_tokens_name": (Token, "a token of this name, valid or revoked,", ("name",)),
}
# Foreign key -> what the row refers to, and the path of the reference in the input.
_FOREIGN: dict[str, tuple[str, tuple[str, ...]]] = {
    "fk_model_versions_model_id": ("the model", ("model",)),
    "fk_provider_bindings_version_id_model_id": ("the version", ("version",)),
    "fk_provider_bindings_provider_id": ("the provider", ("provider",)),
    "fk_prices_binding_id": ("the binding", ("binding",)),
    "fk_model_aliases_version_id_model_id": ("the version", ("version",)),
    "fk_model_aliases_model_id": ("the model", ("model",)),
}
# Foreign key without a cascade -> why the row cannot be deleted, and the path of its reference.
_IN_USE = {"fk_provider_bindings_provider_id": ("bindings use the provider", ("provider",))}
# Check of several columns, which the rules of single fields cannot see -> the problem.
_CHECKS = {
    "ck_model_versions_sunset_after_deprecation": Invalid(
        "sunsetOn must not be before deprecatedOn", ("sunsetOn",)
    ),
}
_RETRIED = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)


def is_worth_retrying(error: Exception) -> bool:
    """Whether the transaction failed because of a concurrent one, and may succeed when repeated."""
    return isinstance(driver_error(error), _RETRIED)


async def problem_of(source: Reader, error: Exception) -> Problem | None:
    """The problem behind a constraint violation; None for any other error.

    It reads outside of the transaction that failed, in which no statement can run any more.
    """
    cause = driver_error(error)
    if not isinstance(cause, psycopg.errors.IntegrityError):
        return None
    statement = error.statement or "" if isinstance(error, DBAPIError) else ""
    name = cause.diag.constraint_name or ""
    if name in _UNIQUE:
        table, what, path = _UNIQUE[name]
        return AlreadyExists(f"{what} exists", path, await _existing(source, table, cause))
    if name in _IN_USE and statement.lstrip().startswith("DELETE"):
        return InvalidState(*_IN_USE[name], UserErrorCode.IN_USE)
    if name in _FOREIGN:
        what, path = _FOREIGN[name]
        return NotFound(f"{what} does not exist", path)
    return _CHECKS.get(name)


async def _existing(
    source: Reader, table: type[SQLModel], cause: psycopg.errors.IntegrityError
) -> Any:
    """The existing row, found by the key in the detail of PostgreSQL's error."""
    detail = cause.diag.message_detail or ""
    names, found, values = detail.partition("(")[2].partition(")=(")
    if not found:
        return None
    columns = [_column(table, name) for name in names.split(", ")]
    keys = [column for column in columns if isinstance(column.type, sa.Uuid)]  # they come first
    texts = values.rpartition(")")[0].split(", ", len(keys))

    def build() -> sa.Select[Any]:
        conditions = [column == sa.bindparam(column.name, type_=sa.Uuid()) for column in keys]
        conditions.append(
            _is_quoted_as(columns[len(keys) :], sa.bindparam("text", type_=sa.Text()))
        )
        return sa.select(*labelled(table)).where(*conditions)

    given = {"text": texts[-1], **dict(zip([c.name for c in keys], map(UUID, texts), strict=False))}
    rows = await source.rows(Query(("existing", table, names), build, given, table))
    return rows[0] if rows else None


def _column(table: type[SQLModel], name: str) -> Any:
    """The column of this name, or the index's expression `lower(name)`."""
    is_lower = name.startswith("lower(")
    column = sa.inspect(table).columns[name.removeprefix("lower(").removesuffix(")")]
    return lower(column) if is_lower else column


def _is_quoted_as(columns: Sequence[Any], text: Any) -> Any:
    """Whether the text is the columns' values, as the detail quotes and joins them."""
    if len(columns) == 1:
        return columns[0] == sa.cast(text, columns[0].type)
    texts = [sa.func.coalesce(sa.cast(column, sa.Text), "null") for column in columns]
    return sa.func.concat_ws(", ", *texts) == text

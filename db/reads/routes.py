"""All that decides about routes, in one statement: so a route shows one state of the registry."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query, bound_array
from db.reads import prices
from db.tables import (
    BindingHealth,
    Circuit,
    Model,
    ModelAlias,
    ModelVersion,
    Price,
    Provider,
    ProviderBinding,
    RegistryState,
    figures,
)
from db.tables.columns import TIME, lower
from domain.candidates import BINDINGS_MAX
from domain.enums import VersionStatus
from domain.json_values import is_storable
from domain.names import without_case


class VersionKey(NamedTuple):
    """Names a model by `id` or `name`, and a version of it; where several are set, the first."""

    id: UUID | None = None
    name: str | None = None
    alias: str | None = None
    version: str | None = None
    number: int | None = None
    content_hash: str | None = None
    latest: bool = False

    @property
    def can_exist(self) -> bool:
        """Whether PostgreSQL can hold the texts; with others it names nothing."""
        return all(is_storable(value) for value in self if isinstance(value, str))

    @property
    def text(self) -> str:
        """The key as the statement reads it."""
        name = None if self.name is None else without_case(self.name)
        set_values = {k: v for k, v in self._replace(name=name)._asdict().items() if v}
        return orjson.dumps(set_values).decode()


class RouteRow(NamedTuple):
    """A binding of the version of a route; without a version or a binding, their columns are None.

    `model_name`, `version_id` and the like are the same in all rows of a route, and so are
    `revision` and `now`, which are the same in all rows of a statement. The ids of models and
    versions are text, as that is read faster.
    """

    binding_count: int  # of the version; with more than BINDINGS_MAX, no binding is read
    revision: int
    now: datetime
    model_id: str
    model_name: str
    version_id: str | None
    version: str
    version_status: str
    eval_score: float | None
    id: UUID | None
    provider: str
    region: str | None
    status: str
    sunset_on: date | None  # the earlier of the binding's and the version's
    priority: int
    weight: int
    capabilities: list[str] | None
    context_window: int | None
    circuit: str | None
    open_until: datetime | None
    trial_until: datetime | None
    circuit_changed_at: datetime | None
    latency_ms: float | None
    success_rate: float | None
    components: str | None  # of the price in effect, as JSON
    cost_per_1k: Decimal | None
    next_price_at: datetime | None


async def of_versions(
    source: Source, keys: Sequence[VersionKey]
) -> Mapping[VersionKey, list[RouteRow]]:
    """A row for each binding of each version, or one row without; one statement for all.

    A key whose model does not exist is missing.
    """
    texts = {key: key.text for key in keys if key.can_exist}
    found = await reader.rows_by_key(source, _QUERY, list(dict.fromkeys(texts.values())))
    return {key: found[text] for key, text in texts.items() if text in found}


def _select() -> sa.Select[Any]:
    selected = _selected()
    price = _price().lateral("price")
    version, binding = col(ModelVersion.id), col(ProviderBinding.id)
    is_binding = sa.and_(
        col(ProviderBinding.version_id) == selected.c.version_id,
        selected.c.binding_count <= BINDINGS_MAX,
    )
    tables = (
        sa.join(selected, Model, col(Model.id) == selected.c.model_id)
        .outerjoin(ModelVersion, version == selected.c.version_id)
        .outerjoin(ProviderBinding, is_binding)
        .outerjoin(Provider, col(Provider.id) == ProviderBinding.provider_id)
        .outerjoin(Circuit, col(Circuit.binding_id) == binding)
        .outerjoin(BindingHealth, figures.health_of_bindings())
        .outerjoin(price, prices.is_released(ModelVersion))
    )
    columns = [*_of_route(selected), *_of_binding(), *price.c]
    return sa.select(*columns).select_from(tables).order_by(selected.c.ordinal)


def _selected() -> Any:
    """The model and the version that each key names, and how many bindings that has."""
    keys = sa.func.unnest(bound_array(sa.bindparam("keys"), sa.Text()))
    texts = keys.table_valued(sa.column("text", sa.Text()), with_ordinality="ordinal")
    asked = texts.render_derived(name="asked")
    key = sa.cast(asked.c.text, JSONB)
    model_id = sa.func.coalesce(*(part.correlate(asked).scalar_subquery() for part in _models(key)))
    found = _kept("of_model", asked.c.ordinal, key.label("key"), model_id.label("model_id"))
    parts = _versions(found.c.key, found.c.model_id)
    version_id = sa.func.coalesce(*(part.correlate(found).scalar_subquery() for part in parts))
    chosen = _kept("of_version", found.c.ordinal, found.c.model_id, version_id.label("version_id"))
    of_version = col(ProviderBinding.version_id) == chosen.c.version_id
    some = sa.select(sa.literal(1)).where(of_version).limit(BINDINGS_MAX + 1).correlate(chosen)
    count = sa.select(sa.func.count()).select_from(some.subquery()).scalar_subquery()
    return _kept("selected", *chosen.c, count.label("binding_count"))


def _kept(name: str, *columns: Any) -> Any:
    """Columns that are computed once, although several others refer to them."""
    return sa.select(*columns).cte(name).prefix_with("MATERIALIZED")


def _models(key: Any) -> list[sa.Select[Any]]:
    conditions = (
        col(Model.id) == sa.cast(_text(key, "id"), sa.Uuid()),
        lower(col(Model.name)) == _text(key, "name"),
    )
    return [sa.select(col(Model.id)).where(condition) for condition in conditions]


def _versions(key: Any, model_id: Any) -> list[sa.Select[Any]]:
    """What each field of a key selects, in their order."""
    alias = sa.select(col(ModelAlias.version_id)).where(
        col(ModelAlias.model_id) == model_id, col(ModelAlias.name) == _text(key, "alias")
    )
    conditions = (
        col(ModelVersion.version) == _text(key, "version"),
        col(ModelVersion.number) == sa.cast(_text(key, "number"), sa.Integer()),
        col(ModelVersion.content_hash) == _text(key, "content_hash"),
        sa.and_(
            _text(key, "latest").is_not(None), col(ModelVersion.status) == VersionStatus.ACTIVE
        ),
    )
    of_model = sa.select(col(ModelVersion.id)).where(col(ModelVersion.model_id) == model_id)
    *named, latest = (of_model.where(condition) for condition in conditions)
    return [alias, *named, latest.order_by(col(ModelVersion.release_order).desc()).limit(1)]


def _text(key: Any, name: str) -> Any:
    return key[name].astext


def _of_route(selected: Any) -> list[Any]:
    revision = sa.select(col(RegistryState.revision)).scalar_subquery()
    return [
        selected.c.ordinal,
        selected.c.binding_count,
        revision.label("revision"),
        sa.func.now().label("now"),
        sa.cast(col(Model.id), sa.Text()).label("model_id"),
        col(Model.name).label("model_name"),
        sa.cast(col(ModelVersion.id), sa.Text()).label("version_id"),
        col(ModelVersion.version),
        col(ModelVersion.status).label("version_status"),
        col(ModelVersion.eval_score),
    ]


def _of_binding() -> list[Any]:
    sunsets = (col(ProviderBinding.sunset_on), col(ModelVersion.sunset_on))
    return [
        col(ProviderBinding.id),
        col(Provider.slug).label("provider"),
        col(ProviderBinding.region),
        col(ProviderBinding.status),
        sa.func.least(*sunsets).label("sunset_on"),
        col(ProviderBinding.priority),
        col(ProviderBinding.weight),
        *(_offered(name) for name in ("capabilities", "context_window")),
        col(Circuit.state).label("circuit"),
        col(Circuit.open_until),
        col(Circuit.trial_until),
        col(Circuit.changed_at).label("circuit_changed_at"),
        figures.joined(figures.LATENCY_P95).label("latency_ms"),
        figures.joined(figures.SUCCESS_RATE).label("success_rate"),
        _next_price_at().label("next_price_at"),
    ]


def _offered(name: str) -> Any:
    own, of_version = (col(getattr(table, name)) for table in (ProviderBinding, ModelVersion))
    return sa.func.coalesce(own, of_version).label(name)


def _price() -> sa.Select[Any]:
    """The binding's newest started price: all of it as JSON, and the higher one of two amounts."""
    amounts = (col(Price.input_per_1k), col(Price.output_per_1k))
    are_known = sa.and_(*(amount.is_not(None) for amount in amounts))
    return prices.newest_started(
        sa.cast(col(Price.components), sa.Text()).label("components"),
        sa.case((are_known, sa.func.greatest(*amounts))).label("cost_per_1k"),
    )


def _next_price_at() -> Any:
    """When the binding's price changes next: a later one takes effect, or its version is released,
    before which it has none."""
    later = col(Price.effective_from) > sa.func.now()
    of_binding = col(Price.binding_id) == ProviderBinding.id
    statement = sa.select(sa.func.min(col(Price.effective_from))).where(of_binding, later)
    released_on = col(ModelVersion.released_on)
    release = sa.case((released_on > sa.func.current_date(), sa.cast(released_on, TIME)))
    at = sa.func.least(statement.correlate(ProviderBinding).scalar_subquery(), release)
    return sa.type_coerce(at, TIME)


_QUERY = Query("routes", _select, {}, has_ordinals=True)

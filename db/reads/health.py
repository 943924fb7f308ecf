"""The health and the circuits of bindings, in SQL."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query, bound_array
from db.tables import BindingHealth, Circuit, ProviderBinding
from db.tables.figures import are_known
from domain.traffic_enums import CircuitState, HealthState

_FIGURES = (
    *("success_rate", "rate_limited_share"),
    *("latency_ms_p50", "latency_ms_p95", "latency_ms_p99", "ttft_ms_p50"),
)


async def of_bindings(source: Source, ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    """The health of each binding, with its circuit; one that never had either is missing.

    A row has the figures of `binding_health`, `state` and `samples` among them, and the columns of
    `circuits`, the state as `circuit`. All is as of now: what does not hold any more is None.
    """
    return await reader.row_by_key(source, _HEALTH, ids)


def has_open_circuit(
    binding: type[ProviderBinding] = ProviderBinding,
) -> sa.ColumnElement[bool]:
    """Bindings whose circuit is OPEN now."""
    is_open = sa.and_(
        col(Circuit.binding_id) == binding.id,
        col(Circuit.state) == CircuitState.OPEN,
        sa.or_(col(Circuit.open_until).is_(None), _is_later(col(Circuit.open_until))),
    )
    return sa.exists().where(is_open).correlate(binding)


def circuit_state() -> Any:
    """The state now of a joined circuit; NULL without one."""
    is_half_open = sa.and_(
        col(Circuit.state) == CircuitState.OPEN, col(Circuit.open_until) <= sa.func.now()
    )
    half_open = sa.literal(CircuitState.HALF_OPEN.value, sa.Text())
    return sa.case((is_half_open, half_open), else_=sa.cast(col(Circuit.state), sa.Text()))


def _is_later(time: Any) -> sa.ColumnElement[bool]:
    return time > sa.func.now()  # type: ignore[no-any-return]  # of Any


def _select() -> sa.Select[Any]:
    keys = sa.func.unnest(bound_array(sa.bindparam("keys"), sa.Uuid()))
    binding = keys.table_valued(sa.column("id", sa.Uuid())).render_derived(name="bindings")
    tables = binding.outerjoin(BindingHealth, col(BindingHealth.binding_id) == binding.c.id)
    tables = tables.outerjoin(Circuit, col(Circuit.binding_id) == binding.c.id)
    has_either = sa.or_(
        col(BindingHealth.binding_id).is_not(None), col(Circuit.binding_id).is_not(None)
    )
    columns = [binding.c.id.label("parent"), *_of_health(), *_of_circuit()]
    return sa.select(*columns).select_from(tables).where(has_either)


def _of_health() -> list[Any]:
    samples = sa.case((are_known(), col(BindingHealth.succeeded) + col(BindingHealth.failed)))
    state = sa.case(
        (are_known(), sa.cast(col(BindingHealth.state), sa.Text())),
        else_=sa.literal(HealthState.UNKNOWN.value, sa.Text()),
    )
    return [
        state.label("state"),
        sa.func.coalesce(samples, 0).label("samples"),
        *(
            sa.case((are_known(), col(getattr(BindingHealth, name)))).label(name)
            for name in _FIGURES
        ),
        col(BindingHealth.last_outcome_at),
        sa.func.coalesce(col(BindingHealth.consecutive_failures), 0).label("consecutive_failures"),
    ]


def _of_circuit() -> list[Any]:
    closed = sa.literal(CircuitState.CLOSED.value, sa.Text())
    return [
        sa.func.coalesce(circuit_state(), closed).label("circuit"),
        col(Circuit.open_until),
        *(
            sa.case((_is_later(getattr(Circuit, name)), getattr(Circuit, name))).label(name)
            for name in ("trial_until", "held_until")
        ),
        col(Circuit.reason),
        col(Circuit.changed_at),
    ]


_HEALTH = Query("health", _select, {})

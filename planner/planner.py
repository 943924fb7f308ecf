"""Plans for one schema, kept by document and operation name."""

from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from functools import partial

import strawberry
from cachetools import LRUCache
from graphql import DocumentNode, OperationType

from planner.document import read_operation
from planner.errors import Declined, UnplannableError
from planner.plan import MutationPlan, PlannerContext, QueryPlan
from planner.types import Types

Plan = QueryPlan | MutationPlan

# Measured by tracemalloc, documents of 2 to 19 fields: within a quarter of what they took.
_BYTES_PER_PLAN = 8_000
_BYTES_PER_FIELD = 2_000


class Planner:
    """Compiles validated documents over one Strawberry schema, and keeps their plans.

    ``passthrough`` maps a scalar's GraphQL name to a class that the caller's JSON encoder writes as
    the scalar's ``serialize`` does: values of exactly this class are returned unchanged. The plans
    that are kept take about ``bytes_max`` bytes at most.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        *,
        passthrough: Mapping[str, type] | None = None,
        bytes_max: int = 32 * 1024 * 1024,
    ) -> None:
        self._context = PlannerContext(schema, Types(schema._schema, passthrough or {}))
        self._refusal = _refusal(schema)
        self._plans: LRUCache[Hashable, Plan | Declined] = LRUCache(bytes_max, _byte_count)

    def plan(
        self, document: DocumentNode, operation_name: str | None, cache_key: Hashable
    ) -> Plan | Declined:
        """The plan of one operation of a validated document, kept under ``cache_key`` (its hash,
        for instance) and the operation's name."""
        key = (cache_key, operation_name)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._compile(document, operation_name, partial(self._count_again, key))
            self._keep(key, plan)
        return plan

    @property
    def byte_count(self) -> int:
        """About what the plans that are kept take in memory."""
        return int(self._plans.currsize)

    def _keep(self, key: Hashable, plan: Plan | Declined) -> None:
        with suppress(ValueError):  # larger than the whole cache
            self._plans[key] = plan

    def _count_again(self, key: Hashable) -> None:
        """The plan has grown by a variant."""
        plan = self._plans.pop(key, None)
        if plan is not None:
            self._keep(key, plan)

    def _compile(
        self, document: DocumentNode, operation_name: str | None, on_growth: Callable[[], None]
    ) -> Plan | Declined:
        if self._refusal:
            return Declined(self._refusal)
        try:
            operation = read_operation(document, operation_name)
            if operation.node.operation is OperationType.QUERY:
                return QueryPlan(self._context, operation, on_growth)
            if operation.node.operation is OperationType.MUTATION:
                return MutationPlan(self._context, operation, on_growth)
        except UnplannableError as refusal:
            return Declined(str(refusal))
        except Exception as error:  # the stock executor will say what is wrong
            return Declined(f"{type(error).__name__}: {error}")
        return Declined("subscription")


def _byte_count(plan: Plan | Declined) -> int:
    field_count = 0 if isinstance(plan, Declined) else plan.field_count
    return _BYTES_PER_PLAN + _BYTES_PER_FIELD * field_count


def _refusal(schema: strawberry.Schema) -> str:
    """Why no document of this schema can be planned; empty when some can."""
    middleware = schema._get_middleware_manager(schema.get_extensions())
    if middleware.middlewares:
        return "schema extensions that resolve fields"
    if schema.config.default_resolver is not getattr:
        return "a default resolver other than getattr"
    if schema.exception_handlers:
        return "exception handlers"
    return ""

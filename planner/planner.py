"""The plans of one schema, by document and operation name."""

from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from functools import partial

import strawberry
from graphql import DocumentNode, OperationType

from planner.compilation import PlannerContext
from planner.counted_cache import CountedCache
from planner.document import read_operation
from planner.errors import Unplannable, UnplannableError
from planner.plan import MutationPlan, QueryPlan
from planner.types import Types

Plan = QueryPlan | MutationPlan

# Measured with tracemalloc on documents of 2 to 19 fields: within a quarter of the real size.
_BYTES_PER_PLAN = 8_000
_BYTES_PER_FIELD = 2_000


class Planner:
    """Compiles validated documents over one Strawberry schema, and caches their plans.

    ``passthrough`` maps a scalar's GraphQL name to a class that the caller's JSON encoder writes as
    the scalar's ``serialize`` does: values of exactly this class are returned unchanged. The cache
    holds about ``bytes_max`` bytes; it drops the least recently used plans first.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        *,
        passthrough: Mapping[str, type] | None = None,
        bytes_max: int = 32 * 1024 * 1024,
    ) -> None:
        self._context = PlannerContext(schema, Types(schema._schema, passthrough or {}))
        self._unsupported = _unsupported_feature(schema)
        self.plans: CountedCache[Hashable, Plan | Unplannable] = CountedCache(
            bytes_max, _byte_count
        )

    def plan(
        self, document: DocumentNode, operation_name: str | None, cache_key: Hashable
    ) -> Plan | Unplannable:
        """The plan of an operation of a validated document.

        It is cached by ``cache_key`` (such as a hash of the document) and the operation's name.
        """
        key = (cache_key, operation_name)
        plan = self.plans.get(key)
        if plan is not None:
            self.plans.hits += 1
        else:
            self.plans.misses += 1
            plan = self._compile(document, operation_name, partial(self._recount, key))
            self._keep(key, plan)
        return plan

    @property
    def byte_count(self) -> int:
        """An estimate of the memory that the cached plans take."""
        return int(self.plans.currsize)

    def _keep(self, key: Hashable, plan: Plan | Unplannable) -> None:
        with suppress(ValueError):  # the plan is larger than the whole cache
            self.plans[key] = plan

    def _recount(self, key: Hashable) -> None:
        """Counts the bytes of a plan that has grown."""
        plan = self.plans.pop(key, None)
        if plan is not None:
            self._keep(key, plan)

    def _compile(
        self, document: DocumentNode, operation_name: str | None, on_growth: Callable[[], None]
    ) -> Plan | Unplannable:
        if self._unsupported:
            return Unplannable(self._unsupported)
        try:
            operation = read_operation(document, operation_name)
            if operation.node.operation is OperationType.QUERY:
                return QueryPlan(self._context, operation, on_growth)
            if operation.node.operation is OperationType.MUTATION:
                return MutationPlan(self._context, operation, on_growth)
        except UnplannableError as error:
            return Unplannable(str(error))
        except Exception as error:  # the stock executor reports it
            return Unplannable(f"{type(error).__name__}: {error}")
        return Unplannable("subscription")


def _byte_count(plan: Plan | Unplannable) -> int:
    field_count = 0 if isinstance(plan, Unplannable) else plan.field_count
    return _BYTES_PER_PLAN + _BYTES_PER_FIELD * field_count


def _unsupported_feature(schema: strawberry.Schema) -> str:
    """A feature of the schema that plans do not support; empty if there is none."""
    middleware = schema._get_middleware_manager(schema.get_extensions())
    if middleware.middlewares:
        return "schema extensions that resolve fields"
    if schema.config.default_resolver is not getattr:
        return "a default resolver other than getattr"
    if schema.exception_handlers:
        return "exception handlers"
    return ""

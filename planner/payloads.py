"""Runs a mutation's root fields by the stock executor, and their results' selections by regions."""

import asyncio
from collections.abc import Mapping
from typing import Any

from graphql import GraphQLObjectType, GraphQLResolveInfo
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path

from planner.executor import FastExecutor
from planner.region import Region
from planner.run import Run, complete

Payloads = Mapping[str, Region]  # by response key of the root field


class PayloadExecutor(FastExecutor):
    """Completes the object that a root field gave by its region; where that fails, completes the
    same object in the stock way, which gives the exact errors. The field is not run again."""

    payloads: Payloads = {}

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        given = (return_type, field_details_list, info, path, result, position_context)
        region = self.payloads.get(str(path.key)) if path.prev is None else None
        if region is None:
            return super().complete_object_value(*given)
        return self._complete_by(region, given)

    async def _complete_by(self, region: Region, given: tuple[Any, ...]) -> Any:
        run = Run(self.context_value, self.variable_values)
        try:
            return (await complete(region, [given[4]], run))[0]
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
        except Exception:  # noqa: S110  # whatever it was, the stock way says it exactly
            pass
        completed = super().complete_object_value(*given)
        return await completed if self.is_awaitable(completed) else completed

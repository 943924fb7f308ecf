"""Runs compiled selection sets: level by level, the steps of one level concurrently."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from graphql.execution.values import VariableValues

from planner.errors import FallbackToExecutor, TooSlowForBatch
from planner.gather import gather_or_cancel
from planner.info import PlanInfo
from planner.selection_set import CompiledSelectionSet, FieldStep, PendingObjects

_SLOW_AFTER_S = 0.05  # then a query continues without its batch if most others have their values


class Run(NamedTuple):
    """One run of an operation."""

    context: Any
    variables: VariableValues


async def complete(
    selection_set: CompiledSelectionSet, values: Sequence[Any], run: Run
) -> list[Any]:
    """The results for the values, after all steps below have set their fields."""
    pending: list[PendingObjects] = [[] for _ in range(selection_set.pending_count)]
    results = selection_set.complete(values, pending)
    steps = [
        _run_step(step, objects, run)
        for step in selection_set.steps
        if (objects := pending[step.pending])
    ]
    if steps:
        await gather_or_cancel(steps)
    return results


async def _run_step(step: FieldStep, objects: PendingObjects, run: Run) -> None:
    # A row that occurs several times (the model of many versions) is loaded and completed once.
    # The ids stay valid: `objects` holds all rows until the end of this function.
    parents = {id(row): row for row, _ in objects}
    info = PlanInfo(run.context, step.selection, run.variables.coerced)
    values = await step.load(info, list(parents.values()), step.arguments(run.variables))
    if len(values) != len(parents):
        raise FallbackToExecutor(f"{len(values)} values for {len(parents)} parents")
    completed = await complete(step.selection_set, values, run)
    results = dict(zip(parents, completed, strict=True))
    key = step.key
    for row, result in objects:
        result[key] = results[id(row)]


async def complete_batch(
    selection_set: CompiledSelectionSet, runs: Sequence[Run], nested: Run
) -> list[Any]:
    """The result of each run, or the exception of its root fields.

    The runs differ in the arguments of root fields only. ``nested`` stands for all of them below
    the root, where each step runs once for the rows of all runs.
    """
    pending: list[PendingObjects] = [[] for _ in range(selection_set.pending_count)]
    results = selection_set.complete([None] * len(runs), pending)
    errors: dict[int, Exception] = {}  # by index of the run
    await gather_or_cancel(
        [
            _run_root_step(step, pending[step.pending], runs, nested, errors)
            for step in selection_set.steps
        ]
    )
    return [errors.get(index, result) for index, result in enumerate(results)]


async def _run_root_step(
    step: FieldStep,
    objects: PendingObjects,
    runs: Sequence[Run],
    nested: Run,
    errors: dict[int, Exception],
) -> None:
    load = _load_each if step.load_many is None else _load_many
    values = {}
    for index, value in enumerate(await load(step, runs)):
        if isinstance(value, Exception):
            errors[index] = value
        else:
            values[index] = value
    completed = await complete(step.selection_set, list(values.values()), nested)
    for index, result in zip(values, completed, strict=True):
        objects[index][1][step.key] = result


async def _load_many(step: FieldStep, runs: Sequence[Run]) -> list[Any]:
    """The field's value for each run, by one load; an exception where the arguments are wrong."""
    assert step.load_many is not None
    info = PlanInfo(runs[0].context, step.selection, {})
    arguments = [_arguments_or_error(step, run) for run in runs]
    valid = [item for item in arguments if not isinstance(item, Exception)]
    loaded = await step.load_many(info, valid)
    if len(loaded) != len(valid):
        raise FallbackToExecutor(f"{len(loaded)} values for {len(valid)} queries")
    values = iter(loaded)
    return [item if isinstance(item, Exception) else next(values) for item in arguments]


def _arguments_or_error(step: FieldStep, run: Run) -> Mapping[str, Any] | Exception:
    try:
        return step.arguments(run.variables)
    except Exception as error:
        return error


async def _load_each(step: FieldStep, runs: Sequence[Run]) -> list[Any]:
    """The field's value or exception for each run; TooSlowForBatch for those not waited for."""
    loads = [asyncio.ensure_future(_load_root(step, run)) for run in runs]
    try:
        await _wait_for_most(loads)
        return [load.result() if load.done() else TooSlowForBatch() for load in loads]
    finally:
        if slow := [load for load in loads if not load.done()]:
            for load in slow:
                load.cancel()
            await asyncio.gather(*slow, return_exceptions=True)


async def _wait_for_most(loads: Sequence["asyncio.Future[Any]"]) -> None:
    """Waits for all loads; every 50 ms it stops if at least half of them are done."""
    waiting = set(loads)
    while 2 * len(waiting) > len(loads):
        _, waiting = await asyncio.wait(waiting, timeout=_SLOW_AFTER_S)


async def _load_root(step: FieldStep, run: Run) -> Any:
    try:
        info = PlanInfo(run.context, step.selection, run.variables.coerced)
        [value] = await step.load(info, [None], step.arguments(run.variables))
        return value
    except Exception as error:
        return error

"""Runs the steps of a region: breadth first, sibling fields concurrently."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from graphql.execution.values import VariableValues

from planner.errors import FallbackToExecutor, Late
from planner.gather import together
from planner.info import PlanInfo
from planner.selection_set import Bucket, Region, Step

_LATE_AFTER_S = 0.05  # a query whose root fields take longer than others' is run by itself


class Run(NamedTuple):
    context: Any
    variables: VariableValues


async def complete(region: Region, values: Sequence[Any], run: Run) -> list[Any]:
    """What the answer holds for each value, once every step below has put its part in."""
    buckets: list[Bucket] = [[] for _ in range(region.bucket_count)]
    answers = region.complete(values, buckets)
    steps = [
        _run_step(step, bucket, run) for step in region.steps if (bucket := buckets[step.bucket])
    ]
    if steps:
        await together(steps)
    return answers


async def _run_step(step: Step, bucket: Bucket, run: Run) -> None:
    # A row met several times (many versions of one model) is loaded and completed once.
    parents = {id(row): row for row, _ in bucket}
    info = PlanInfo(run.context, step.selection, run.variables.coerced)
    arguments = step.arguments(run.variables)
    values = await step.load(info, list(parents.values()), arguments)
    if len(values) != len(parents):
        raise FallbackToExecutor(f"{len(values)} values for {len(parents)} parents")
    answers = dict(zip(parents, await complete(step.region, values, run), strict=True))
    key = step.key
    for row, answer in bucket:
        answer[key] = answers[id(row)]


async def complete_together(region: Region, runs: Sequence[Run], below: Run) -> list[Any]:
    """What the answer of each run holds, or the exception that its root fields met.

    Runs of one operation that differ in the arguments of root fields alone: ``below`` stands for
    all of them there, and each step is made once for the rows of all.
    """
    buckets: list[Bucket] = [[] for _ in range(region.bucket_count)]
    answers = region.complete([None] * len(runs), buckets)
    failed: dict[int, Exception] = {}
    steps = [
        _run_root_step(step, buckets[step.bucket], runs, below, failed) for step in region.steps
    ]
    await together(steps)
    return [failed.get(place, answer) for place, answer in enumerate(answers)]


async def _run_root_step(
    step: Step, bucket: Bucket, runs: Sequence[Run], below: Run, failed: dict[int, Exception]
) -> None:
    load = _load_each if step.load_several is None else _load_several
    values = []
    for place, value in enumerate(await load(step, runs)):
        if isinstance(value, Exception):
            failed[place] = value
        else:
            values.append((place, value))
    completed = await complete(step.region, [value for _, value in values], below)
    for (place, _), answer in zip(values, completed, strict=True):
        bucket[place][1][step.key] = answer


async def _load_several(step: Step, runs: Sequence[Run]) -> list[Any]:
    """The field's value for each run, or what was wrong with its arguments; one load for all."""
    assert step.load_several is not None
    info = PlanInfo(runs[0].context, step.selection, {})
    given = [_arguments(step, run) for run in runs]
    right = [one for one in given if not isinstance(one, Exception)]
    loaded = await step.load_several(info, right)
    if len(loaded) != len(right):
        raise FallbackToExecutor(f"{len(loaded)} values for {len(right)} queries")
    values = iter(loaded)
    return [one if isinstance(one, Exception) else next(values) for one in given]


def _arguments(step: Step, run: Run) -> Mapping[str, Any] | Exception:
    try:
        return step.arguments(run.variables)
    except Exception as error:
        return error


async def _load_each(step: Step, runs: Sequence[Run]) -> list[Any]:
    """The field's value for each run, or the exception that it met: Late where most are done."""
    loads = [asyncio.ensure_future(_load_root(step, run)) for run in runs]
    try:
        await _most_are_done(loads)
        return [load.result() if load.done() else Late() for load in loads]
    finally:
        if late := [load for load in loads if not load.done()]:
            for load in late:
                load.cancel()
            await asyncio.gather(*late, return_exceptions=True)


async def _most_are_done(loads: Sequence["asyncio.Future[Any]"]) -> None:
    """Waits for all; from time to time, whether the most part of them is enough."""
    waiting = set(loads)
    while 2 * len(waiting) > len(loads):
        _, waiting = await asyncio.wait(waiting, timeout=_LATE_AFTER_S)


async def _load_root(step: Step, run: Run) -> Any:
    try:
        info = PlanInfo(run.context, step.selection, run.variables.coerced)
        [value] = await step.load(info, [None], step.arguments(run.variables))
        return value
    except Exception as error:
        return error

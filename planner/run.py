"""Runs the steps of a region: breadth first, sibling fields concurrently."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from graphql.execution.values import VariableValues

from planner.errors import Rerun
from planner.region import Bucket, Region, Step
from planner.selection import PlanInfo
from planner.together import together


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
    arguments = step.arguments(run.variables, info)
    values = await step.load(info, list(parents.values()), arguments)
    if len(values) != len(parents):
        raise Rerun(f"{len(values)} values for {len(parents)} parents")
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
    loaded = await together([_load_root(step, run) for run in runs])
    values = []
    for place, value in enumerate(loaded):
        if isinstance(value, Exception):
            failed[place] = value
        else:
            values.append((place, value))
    completed = await complete(step.region, [value for _, value in values], below)
    for (place, _), answer in zip(values, completed, strict=True):
        bucket[place][1][step.key] = answer


async def _load_root(step: Step, run: Run) -> Any:
    try:
        info = PlanInfo(run.context, step.selection, run.variables.coerced)
        [value] = await step.load(info, [None], step.arguments(run.variables, info))
        return value
    except Exception as error:
        return error

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

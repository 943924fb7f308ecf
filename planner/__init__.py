"""Compiled plans for validated queries over a Strawberry schema. Imports no package of ours."""

from planner.counted_cache import CountedCache
from planner.errors import FallbackToExecutor, TooSlowForBatch, Unplannable
from planner.mutations import MutationExecutor
from planner.plan import MutationPlan, QueryPlan
from planner.planner import Planner
from planner.variables import CoerceVariables, compile_variables

__all__ = [
    "CoerceVariables",
    "CountedCache",
    "FallbackToExecutor",
    "MutationExecutor",
    "MutationPlan",
    "Planner",
    "QueryPlan",
    "TooSlowForBatch",
    "Unplannable",
    "compile_variables",
]

"""Compiled plans for validated queries over a Strawberry schema. Imports no package of ours."""

from planner.errors import Declined, FallbackToExecutor, Late
from planner.info import PlanInfo, Selection, selection_of
from planner.plan import MutationPlan, QueryPlan
from planner.planner import Planner
from planner.variables import Variables, compile_variables

__all__ = [
    "Declined",
    "FallbackToExecutor",
    "Late",
    "MutationPlan",
    "PlanInfo",
    "Planner",
    "QueryPlan",
    "Selection",
    "Variables",
    "compile_variables",
    "selection_of",
]

"""All faults, in the order in which they are injected."""

from deploy.lab.faults import injected, injected_processes
from deploy.lab.faults.fault import FAULTS

__all__ = ["FAULTS", "injected", "injected_processes"]  # the modules declare their faults

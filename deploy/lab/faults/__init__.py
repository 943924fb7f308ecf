"""Faults of the components around a registry that runs under a small load, one after the other.

`python -m deploy.lab.faults` injects all of them, or those that are named, and prints what clients
saw, and how long it took until everything worked again.
"""

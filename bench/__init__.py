"""Compares the registry with four other servers on one machine: see docs/benchmarks.md."""

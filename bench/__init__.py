"""Measures the registry against four peers on one machine; docs/benchmarks.md says how."""

"""Benchmarks of popsim: jobs, references, and the tables that they fill."""

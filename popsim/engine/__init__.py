"""From a plan to datasets: in memory, and in run folders."""

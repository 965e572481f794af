"""The figures of a report, one file each, drawn twice: wide for a desk and narrow for a phone."""

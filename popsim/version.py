"""The version of popsim."""

__version__ = "0.1.0"

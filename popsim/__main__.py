"""Run popsim as ``python -m popsim``, where the command itself is not on the path."""

from __future__ import annotations

from popsim.cli.main import main

if __name__ == "__main__":
    main()

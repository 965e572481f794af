"""`popsim schema`: the JSON schema on standard output."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from popsim.study.describe import file_schema


@pytest.mark.parametrize(("arguments", "kind"), [((), "study"), (("--catalogue",), "catalogue")])
def test_the_schema_is_printed(call: Callable[..., Any], arguments: tuple[str, ...], kind: str) -> None:
    done = call("schema", *arguments)
    assert (done.status, done.err) == (0, "")
    assert json.loads(done.out) == json.loads(json.dumps(file_schema(kind)))  # type: ignore[arg-type]
    assert json.loads(done.out)["title"] == f"popsim {kind} file"

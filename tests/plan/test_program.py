"""Steps are written by functions that say what a kernel does with them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numba
import numpy as np
import pytest

from popsim import layout
from popsim.kernels import steps as kernel_steps
from popsim.plan import program
from popsim.plan.program import Step

run_steps = numba.njit(error_model="numpy", nogil=True)(kernel_steps.run_steps.py_func)
BEFORE = [3.0, 0.5, 2.0, -0.25]
"""What is in buffers 0 to 3, of one number each."""

WRITTEN: dict[str, tuple[Step, Callable[[float, float, float, float], float]]] = {
    "set_to": (program.set_to(0, 7.0), lambda _, __, ___, ____: 7.0),
    "multiply": (program.multiply(0, 1), lambda a, b, _, __: a * b),
    "times": ((layout.TIMES, 0, 1, 2, 1, 0.0), lambda _, b, c, __: b * c),
    "plus": ((layout.PLUS, 0, 1, 2, 1, 0.0), lambda _, b, c, __: b + c),
    "add_share": (program.add_share(0, 1, 0.75), lambda a, b, _, __: a + 0.75 * b),
    "compound": (program.compound(0, 1), lambda a, b, _, __: a * (1.0 + b)),
    "discount": (program.discount(0, 1), lambda a, b, _, __: a / (1.0 + b)),
    "gate, open": (program.gate(0, 1, 3, 0.0), lambda a, _, __, ___: a),
    "gate, closed": (program.gate(0, 1, 3, -0.5), lambda _, __, ___, ____: 0.0),
    "strike, happens": (program.strike(0, 1, 2, 0.0), lambda a, _, c, __: a * c),
    "strike, does not": (program.strike(0, 1, 2, -1.0), lambda a, _, __, ___: a),
    "scale": ((layout.POWER, 0, 1, 0, 1, math.log(4.0)), lambda a, b, _, __: a * 4.0**b),
    "prolong": ((layout.PROLONG, 0, 2, 0, 1, 0.25), lambda a, _, c, __: a * (1.0 + 0.25 * c)),
    "dot": (program.dot(0, 1, 2, 2), lambda _, b, c, d: b * c + c * d),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_step_does_what_its_function_says(name: str) -> None:
    step, expected = WRITTEN[name]
    work = np.array(BEFORE)
    run_steps(work, 0, 1, 1, np.array([step[:5]], dtype=np.int64), np.array(step[5:]), 0, 1)
    assert work[0] == pytest.approx(expected(*BEFORE), rel=1e-15)
    assert work[1:].tolist() == BEFORE[1:]

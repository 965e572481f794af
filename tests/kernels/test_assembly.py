"""The kernels are vector code: a change that loses it changes no number, and no other test would notice."""

from __future__ import annotations

import platform
import re

import numba
import pytest
from llvmlite import binding
from numba import types

from popsim.kernels import block, elementary, marginals, outputs, philox, steps
from popsim.kernels.permute import has_permute

FLOATS = types.Array(types.float64, 1, "C")
READ_ONLY = types.Array(types.float64, 1, "C", readonly=True)
WORDS = types.Array(types.uint64, 1, "C")
STEPS = types.Array(types.int64, 2, "C", readonly=True)
INT = types.int64
WORD = types.uint64

KERNELS = {
    "bits": (philox.fill_bits, (WORDS, INT, WORD, WORD, WORD)),
    "sums": (block.onto_two, (FLOATS, INT, INT, INT, types.float64, INT, types.float64, INT)),
    "normals": (elementary.normals, (FLOATS, INT, WORDS, INT, INT)),
    "values": (marginals.values, (FLOATS, INT, FLOATS, INT, INT, INT, READ_ONLY, INT)),
    "results": (outputs.put_out, (FLOATS, INT, INT, types.float64, types.float64, FLOATS, INT)),
    "triangles": (elementary.triangles, (FLOATS, INT, WORDS, INT, INT, types.float64)),
    "steps": (steps.run_steps, (FLOATS, INT, INT, INT, STEPS, READ_ONLY, INT, INT)),
}
X86 = platform.machine().lower() in ("x86_64", "amd64")
ARM = platform.machine().lower() in ("aarch64", "arm64")
FEATURES = binding.get_host_cpu_features()
WIDE = X86 and FEATURES.get("avx2", False) and FEATURES.get("fma", False)
PACKED = r"vfn?m(add|sub)\d+pd\s.*%[yz]mm" if WIDE else r"fml[as]\s+v\d+\.2d"
LOOKUP = r"vperm[it]2pd\s.*%zmm"


def assembly(name: str) -> str:
    """Compile afresh: numba shows no assembly of code from its cache."""
    function, signature = KERNELS[name]
    kernel = numba.njit(error_model="numpy", nogil=True)(function.py_func)
    kernel.compile(signature)
    return str(kernel.inspect_asm(kernel.signatures[0]))


def test_this_machine_is_one_that_the_bits_are_promised_for() -> None:
    """x86-64 or ARM64 with a fused multiply-add; vectors are asked for where there are any of 256 bits, or NEON."""
    assert X86 or ARM
    assert ARM or FEATURES.get("fma", False), "without FMA the kernels call a library for each multiply-add"
    assert (X86 and FEATURES.get("avx2", False)) == WIDE


@pytest.mark.parametrize(("name", "least"), [("normals", 10), ("values", 10)])
def test_polynomials_are_packed(name: str, least: int) -> None:
    """Each polynomial takes a multiply-add per degree: 9 + 1 for the normals, 9 for a piece and 5 for the exponential.

    A processor without vectors of doubles cannot have them: there the code must still be of fused multiply-adds.
    """
    code = assembly(name)
    if WIDE or ARM:
        assert len(re.findall(PACKED, code)) >= least
    else:
        assert not FEATURES.get("avx2", False)
        assert len(re.findall(r"vfn?m(add|sub)\d+[sp]d", code)) >= least


def test_random_bits_are_packed_multiplications() -> None:
    """Ten rounds of two multiplications; the first has one factor that is the same for a whole stream."""
    code = assembly("bits")
    if WIDE:
        assert len(re.findall(r"vpmul(u?dq|lq)\s.*%[yz]mm", code)) >= 19
    else:
        assert not (X86 and FEATURES.get("avx2", False))
        assert "mul" in code


def test_sums_of_normals_are_packed() -> None:
    code = assembly("sums")
    if WIDE or ARM:
        assert len(re.findall(PACKED, code)) >= 2
    else:
        assert not FEATURES.get("avx2", False)


def test_results_pass_the_caches() -> None:
    code = assembly("results")
    if has_permute():
        assert re.search(r"vmovntpd\s.*%zmm", code)
    else:
        assert "vmovnt" not in code


def test_triangles_are_packed_roots() -> None:
    code = assembly("triangles")
    if WIDE or ARM:
        assert re.search(r"vsqrtpd\s.*%[yz]mm" if WIDE else r"fsqrt\s+v\d+\.2d", code)
    else:
        assert not FEATURES.get("avx2", False)


STEP_OPERATIONS = {
    "multiplications": (r"vmulpd", r"fmul\s+v\d+\.2d", 3),
    "sums": (r"vaddpd", r"fadd\s+v\d+\.2d", 2),
    "fused": (r"vfn?m(?:add|sub)\d+pd", r"fml[as]\s+v\d+\.2d", 12),
    "divisions": (r"vdivpd", r"fdiv\s+v\d+\.2d", 1),
    "comparisons": (r"vcmp\w*pd", r"fcmg[te]\s+v\d+\.2d", 2),
    "limits": (r"v(?:min|max)pd", r"fm(?:in|ax)(?:nm)?\s+v\d+\.2d", 3),
}
"""Packed forms on x86-64 and on ARM64, and how many there are at least.

A loop each of TIMES, STRIKE and PROLONG; of PLUS; of what is added to; of DISCOUNT; of GATE and STRIKE; of SPLIT and
of POWER, whose exponential alone has five.
"""


@pytest.mark.parametrize("operation", STEP_OPERATIONS)
@pytest.mark.one_in(3)
def test_steps_are_packed(operation: str) -> None:
    code = assembly("steps")
    on_x86, on_arm, least = STEP_OPERATIONS[operation]
    if WIDE:
        assert len(re.findall(rf"{on_x86}\s.*%[yz]mm", code)) >= least
    elif ARM:
        assert len(re.findall(on_arm, code)) >= least
    else:
        assert not FEATURES.get("avx2", False)


MASKED_STORE = r"v\w+\s+%[xyz]mm\d+, \S*\(\S*\)\s*\{%k"


@pytest.mark.parametrize("name", ["steps", "triangles", "results"])
def test_nothing_is_stored_by_mask(name: str) -> None:
    """Whoever reads such a number next waits for it: a step that chose in place took a tenth of the packaged study."""
    assert re.search(MASKED_STORE, assembly(name)) is None


def test_the_search_sees_a_store_by_mask() -> None:
    """Negative control: a choice whether to replace a number."""

    @numba.njit(error_model="numpy")
    def cut(out):  # type: ignore[no-untyped-def]
        for i in range(len(out)):
            out[i] = 0.0 if out[i] > 1.0 else out[i]

    cut.compile((FLOATS,))
    found = re.search(MASKED_STORE, str(cut.inspect_asm(cut.signatures[0])))
    assert bool(found) == has_permute()


@pytest.mark.parametrize("name", ["values", "normals"])
def test_pieces_are_looked_up_in_registers(name: str) -> None:
    """Where there is an instruction for it; elsewhere LLVM gathers or loads, whichever the processor does better."""
    assert (len(re.findall(LOOKUP, assembly(name))) >= 10) == has_permute()


def test_the_search_sees_scalar_code() -> None:
    """Negative control: a recurrence cannot be vector code."""

    @numba.njit(error_model="numpy")
    def recurrence(out, count):  # type: ignore[no-untyped-def]
        for i in range(1, count):
            out[i] = elementary.exponential(out[i - 1] * -0.5)

    recurrence.compile((FLOATS, INT))
    code = str(recurrence.inspect_asm(recurrence.signatures[0]))
    assert re.search(PACKED, code) is None

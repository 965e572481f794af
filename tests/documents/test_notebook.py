"""The notebook for analysts, executed by a kernel of Jupyter as its readers do."""

from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib import pyplot as plt

from tests.docs.notebook import code_cells, executed, pictures, printed, read

pytestmark = pytest.mark.documents


@pytest.mark.slow
def test_jupyter_gives_the_outputs_that_the_notebook_keeps() -> None:
    for old, new in zip(code_cells(read()), code_cells(executed()), strict=True):
        assert printed(new) == printed(old)
        for first, second in zip(pictures(old), pictures(new), strict=True):
            # Letters may be laid out a little otherwise by another version of the library that draws them.
            assert np.allclose(plt.imread(io.BytesIO(first)), plt.imread(io.BytesIO(second)), atol=0.02)

"""Mean and standard deviation of a total without simulation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from popsim import schema
from popsim.analysis.door import study_of
from popsim.plan.expectation import expect_rows
from popsim.plan.spread import total_std
from popsim.study.model import Study

if TYPE_CHECKING:
    from popsim.engine.runs import Run

__all__ = ["exact_moments"]


def exact_moments(study: Run | Study) -> xr.Dataset:
    """Give the exact mean and standard deviation of the total cost, by the method of moments where the model allows it.

    The mean is always known. The standard deviation is where unit costs, exponents and needs of a known chance that do
    not hang on costs are all that is uncertain; correlated costs by the series of their distributions in Hermite
    polynomials, to 1e-6 of the variance. See docs/concepts/precision.md.

    Parameters
    ----------
    study
        A study, or a run of it.

    Returns
    -------
    xarray.Dataset
        `expected_cost` and `exact_std` (option), in the study's currency; NaN where the standard deviation is not
        known, and `unknown_because` (option) then says what stands in the way, else "".

    Raises
    ------
    ParameterError
        For anything but a study or a run.

    Examples
    --------
    >>> import popsim as ps
    >>> ps.exact_moments(ps.load_study("pops"))["unknown_because"].sel(option="full").item().split(", ")[0]
    'starts of countries'
    """
    study = study_of(study)
    studies = {schema.FULL: replace(study, options=()), **{option.id: option.study for option in study.options}}
    means = [float(expect_rows(each).mean.sum()) for each in studies.values()]
    found = [total_std(each) for each in studies.values()]
    result = xr.Dataset(
        {
            "expected_cost": (("option",), np.array(means)),
            "exact_std": (("option",), np.array([each.std for each in found])),
            "unknown_because": (("option",), np.array([", ".join(each.reasons) for each in found])),
        },
        {"option": list(studies)},
        {"study_name": study.name, "currency": study.currency, "price_year": study.price_year},
    )
    for name in ("expected_cost", "exact_std"):
        result[name].attrs = schema.describe("expected_cost", study.currency, study.price_year)
    result["exact_std"].attrs |= {
        "long_name": "Standard deviation",
        "description": "Exact standard deviation of the total cost, by the method of moments.",
    }
    result["unknown_because"].attrs = {
        "units": "1",
        "long_name": "Why the standard deviation is not known",
        "description": "What is uncertain beside what the formula knows.",
    }
    return result

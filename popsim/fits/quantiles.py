"""Quantile matching: the family that has the quartiles of the data."""

from __future__ import annotations

import math

import numpy as np

from popsim.families.elicitation import TwoQuantiles
from popsim.fits.data import Data
from popsim.fits.model import Estimate, Model


def match_quartiles(model: Model, data: Data) -> Estimate:
    """Return the estimates with which the family has the first and the third quartile of the data.

    Quartiles are those of Hyndman and Fan's definition 8, nearly unbiased in the median whatever the family
    (doi:10.1080/00031305.1996.10473566). Errors of estimates are not known: NaN.

    Raises
    ------
    ParameterError
        Where the quartiles are equal, or of a ratio that the family cannot have.
    """
    from popsim.families.registry import family_class

    low, high = np.quantile(data.amounts, [0.25, 0.75], method="median_unbiased").tolist()
    cls = family_class(model.family)
    if not issubclass(cls, TwoQuantiles):
        message = f"{cls.__name__} is not determined by two quantiles"
        raise TypeError(message)
    level, spread = model.read(cls.from_quantiles(p25=low, p75=high))
    growth = data.known_exponent * data.distances
    likelihood = float(np.sum(model.law(level, spread).logpdf(data.amounts)) - growth.sum())
    return Estimate(level, math.nan, spread, math.nan, data.known_exponent, math.nan, spread, likelihood)

"""The families that can be fitted, by their words."""

from __future__ import annotations

from popsim.arguments import check_name
from popsim.fits.least_squares import LogNormalModel, NormalModel
from popsim.fits.model import Model
from popsim.fits.shapes import GammaModel, WeibullModel

_MODELS: dict[str, Model] = {
    model.family: model for model in (LogNormalModel(), GammaModel(), WeibullModel(), NormalModel())
}

FAMILIES: tuple[str, ...] = tuple(_MODELS)
"""Words for the families that can be fitted."""


def model_of(family: object) -> Model:
    """Return the model of a family.

    Raises
    ------
    ParameterError
        For a family that cannot be fitted.

    Examples
    --------
    >>> model_of("lognormal").positive
    True
    """
    return _MODELS[check_name("family", family, FAMILIES)]

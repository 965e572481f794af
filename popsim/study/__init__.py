"""The TOML study, the catalogue of costs and the countries, checked and turned into a frozen `Study`."""

from __future__ import annotations

from popsim.study.catalogue import CatalogueArea, load_catalogue
from popsim.study.catalogue_models import CatalogueComponent, Source
from popsim.study.files import packaged, packaged_studies
from popsim.study.load import load_study
from popsim.study.model import Area, Component, Country, Dependence, Study

__all__ = [
    "Area",
    "CatalogueArea",
    "CatalogueComponent",
    "Component",
    "Country",
    "Dependence",
    "Source",
    "Study",
    "load_catalogue",
    "load_study",
    "packaged",
    "packaged_studies",
]

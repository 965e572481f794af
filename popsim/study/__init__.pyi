"""Public names, each with the module that it lives in; `popsim.study` imports one when it is first asked for."""

from popsim.study.catalogue import CatalogueArea as CatalogueArea
from popsim.study.catalogue import load_catalogue as load_catalogue
from popsim.study.catalogue_models import CatalogueComponent as CatalogueComponent
from popsim.study.catalogue_models import Source as Source
from popsim.study.files import packaged as packaged
from popsim.study.files import packaged_studies as packaged_studies
from popsim.study.load import load_study as load_study
from popsim.study.model import Area as Area
from popsim.study.model import Component as Component
from popsim.study.model import Country as Country
from popsim.study.model import Dependence as Dependence
from popsim.study.model import Study as Study

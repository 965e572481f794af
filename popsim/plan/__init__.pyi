"""Public names, each with the module that it lives in; `popsim.plan` imports one when it is first asked for."""

from popsim.plan.lowering import compile as compile
from popsim.plan.model import Plan as Plan

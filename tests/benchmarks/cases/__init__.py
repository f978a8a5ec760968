"""The cases: each is a module here, named as on the command line, with a CASE."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from ..order import Case

CASES: dict[str, Case] = {
    module.name: import_module(f"{__name__}.{module.name}").CASE for module in pkgutil.iter_modules(__path__)
}

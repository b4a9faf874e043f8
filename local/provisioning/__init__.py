"""Create the AWS resources that a program declares in the emulated account.

Each module covers one or two AWS services. A function marked `@creates("<type token>")` makes the API calls that create
one type of resource, and returns what the provider would return: the id and the computed outputs. To add a type, add
such a function. To add a service, add a module.
"""

import importlib
import pkgutil

from local.provisioning.declaration import CREATORS, Created, Declaration

for _module in pkgutil.iter_modules(__path__, f"{__name__}."):
    importlib.import_module(_module.name)

__all__ = ["CREATORS", "Created", "Declaration"]

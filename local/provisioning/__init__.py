"""How each type of AWS resource that a program declares comes to be in the emulated account.

One module per AWS service; every function marked `@creates("<type token>")` turns the declaration of a resource into
the API calls that create it, and returns what the provider would: its id and its computed outputs. To add a type, add
such a function; to add a service, add a module.
"""

import importlib
import pkgutil

from local.provisioning.declaration import CREATORS, Created, Declaration

for _module in pkgutil.iter_modules(__path__, f"{__name__}."):
    importlib.import_module(_module.name)

__all__ = ["CREATORS", "Created", "Declaration"]

"""The stack: settings in, an agent with its pipeline, outputs out. `Pulumi.<stack>.yaml` says what differs by stack."""

import pulumi

from components.analysis_access import read_estate, read_prices
from components.bundle import BundleError
from components.fire_and_forget_agent import AgentSources, FireAndForgetAgent, FireAndForgetAgentArgs
from components.problems import SettingsError
from components.stack_config import read_settings

try:
    settings = read_settings()
    analyst = FireAndForgetAgent(
        "analyst",
        FireAndForgetAgentArgs(
            sources=AgentSources(folders=["agent"], entry="agent/__main__.py"),
            settings=settings,
            grants=[*read_estate(), *(read_prices() if settings.refresh_prices else [])],
        ),
    )
except (SettingsError, BundleError) as error:
    # Pulumi shows this error as a message, without a traceback.
    raise pulumi.RunError(str(error)) from None

for name, value in analyst.outputs().items():
    pulumi.export(name, value)

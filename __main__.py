"""The stack: settings in, an agent with its pipeline, outputs out. `Pulumi.<stack>.yaml` says what differs by stack."""

import pulumi

from components.analysis_access import read_estate
from components.bundle import BundleError
from components.fire_and_forget_agent import AgentSources, FireAndForgetAgent, FireAndForgetAgentArgs
from components.problems import SettingsError
from components.stack_config import read_settings

try:
    analyst = FireAndForgetAgent(
        "analyst",
        FireAndForgetAgentArgs(
            sources=AgentSources(folders=["agent"], entry="agent/__main__.py"),
            settings=read_settings(),
            grants=read_estate(),
        ),
    )
except (SettingsError, BundleError) as error:
    # Pulumi shows this error as a message, without a traceback.
    raise pulumi.RunError(str(error)) from None

for name, value in analyst.outputs().items():
    pulumi.export(name, value)

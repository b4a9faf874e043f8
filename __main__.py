"""The stack: settings in, an agent with its pipeline, outputs out. `Pulumi.<stack>.yaml` says what differs by stack."""

import pulumi

from components.bundles.build import BundleError
from components.fire_and_forget_agent import AgentSources, FireAndForgetAgent, FireAndForgetAgentArgs
from components.runtime.analysis_access import analysis_environment, read_estate, read_prices
from components.settings.problems import SettingsError
from components.settings.stack_file import read_settings

try:
    settings = read_settings()
    analyst = FireAndForgetAgent(
        "analyst",
        FireAndForgetAgentArgs(
            sources=AgentSources(folders=["agent"], entry="agent/__main__.py"),
            settings=settings,
            grants=[*read_estate(), *(read_prices() if settings.refresh_prices else [])],
            environment=analysis_environment(settings),
        ),
    )
except (SettingsError, BundleError) as error:
    # Pulumi shows this error as a message, without a traceback.
    raise pulumi.RunError(str(error)) from None

for name, value in analyst.outputs().items():
    pulumi.export(name, value)

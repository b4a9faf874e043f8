"""The stack: reads the settings, declares the agent and exports its outputs. `Pulumi.<stack>.yaml` has what differs."""

import pulumi

from components.bundles.packages import BundleError
from components.bundles.sources import AgentSources, build_bundles
from components.fire_and_forget_agent import FireAndForgetAgent, FireAndForgetAgentArgs
from components.outputs import export_outputs
from components.runtime.analysis_access import analysis_environment, analysis_grants
from components.settings.problems import SettingsError
from components.settings.stack_file import read_settings

try:
    settings = read_settings()
    analyst = FireAndForgetAgent(
        "analyst",
        FireAndForgetAgentArgs(
            bundles=build_bundles(
                AgentSources(folders=["agent"], entry="agent/__main__.py"),
                is_preview=pulumi.runtime.is_dry_run(),
                progress=pulumi.log.info,
            ),
            settings=settings,
            grants=analysis_grants(settings),
            environment=analysis_environment(settings),
        ),
    )
except (SettingsError, BundleError) as error:
    # Pulumi shows this error as a message, without a traceback.
    raise pulumi.RunError(str(error)) from None

export_outputs(analyst)

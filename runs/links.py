"""Links into the AWS console. The local stack has no console, so it has none."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from runs.journal.run import Run
from runs.place.place import Place


def links(place: Place, run: Run) -> Mapping[str, str]:
    """Return the console's pages about a run, by what they show.

    `trace` has the traces of its session, and `agent log`, `start log` and `stop log` have the lines about it.
    """
    if place.is_local:
        return {}
    found = {}
    if run.execution_arn is not None:
        found["execution"] = _page(place, "states", f"/v2/executions/details/{quote(run.execution_arn)}")
    found["trace"] = _page(place, "cloudwatch", f"gen-ai-observability/agent-core/session/{quote(run.session_id)}")
    groups: Mapping[str, str] = place.outputs.get("log_group_names", {})
    return found | {f"{source} log": _log(place, group, run.session_id) for source, group in groups.items()}


def _log(place: Place, group: str, session_id: str) -> str:
    # The console encodes the parts of its addresses twice, with $ in place of %.
    term = quote(quote(f'"{session_id}"', safe=""), safe="")
    query = quote("?filterPattern=", safe="") + term
    path = f"{quote(quote(group, safe=''), safe='')}/log-events{query}".replace("%", "$")
    return _page(place, "cloudwatch", f"logsV2:log-groups/log-group/{path}")


def _page(place: Place, service: str, path: str) -> str:
    return f"https://{place.region}.console.aws.amazon.com/{service}/home?region={place.region}#{path}"

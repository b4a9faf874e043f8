"""Reads the report of the run before. Another run wrote it, so nothing in it is taken for granted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field, TypeAdapter, ValidationError, with_config

from agent.analyst.report.findings_json import SCHEMA_VERSION
from agent.harness.schema import REPORTS_PREFIX

# The parts that a comparison needs are the same in these versions.
READABLE = (2, SCHEMA_VERSION)

# What a run saves below its own prefix, as `Archive` names it.
_FINDINGS_KEY = re.compile(rf"{REPORTS_PREFIX}[A-Za-z0-9_-]+/attempt-\d+/findings\.json")

_Amount = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]


class UnreadableReportError(ValueError):
    """An earlier report cannot be read. The message is a clause that says why."""


@with_config(ConfigDict(extra="ignore"))
@dataclass(frozen=True, kw_only=True)
class EarlierFinding:
    """A finding of an earlier report.

    Attributes:
        id: The finding's identifier.
        title: The finding's title.
        monthly_saving_usd: USD per month.
    """

    id: str
    title: str
    monthly_saving_usd: _Amount


@with_config(ConfigDict(extra="ignore"))
@dataclass(frozen=True, kw_only=True)
class EarlierChanges:
    """What an earlier report says about the report before it.

    Attributes:
        not_judged: Findings that it could not judge.
    """

    not_judged: Sequence[EarlierFinding] = ()


@with_config(ConfigDict(extra="ignore"))
@dataclass(frozen=True, kw_only=True)
class Predecessor:
    """The part of an earlier findings.json that a comparison needs.

    Attributes:
        account: The account's id; empty if no function was found.
        made_at: When it was made.
        findings: Its findings.
        changes: Its changes; None if it was the first report.
    """

    account: str
    made_at: AwareDatetime
    findings: Sequence[EarlierFinding]
    changes: EarlierChanges | None


@dataclass(frozen=True, kw_only=True)
class LatestRun:
    """An entry of latest.json: a run, and where its findings are."""

    session_id: str
    findings: str


@dataclass(frozen=True, kw_only=True)
class _Latest:
    runs: Sequence[LatestRun]
    version: Literal[1] = 1


_LATEST = TypeAdapter(_Latest)
_PREDECESSOR = TypeAdapter(Predecessor)
_VERSION = TypeAdapter(Mapping[str, Any])


def latest_runs(body: bytes) -> Sequence[LatestRun]:
    """Parse latest.json: the last runs that have saved a report, the newest last.

    Raises:
        UnreadableReportError: It has another form, or names a key outside of the reports.
    """
    try:
        runs = _LATEST.validate_json(body).runs
    except ValidationError as error:
        raise UnreadableReportError(f"latest.json {_first_problem(error)}") from error
    for run in runs:
        if not _FINDINGS_KEY.fullmatch(run.findings):
            raise UnreadableReportError(f"latest.json names {run.findings!r}, which is no key of a report")
    return runs


def parse(body: bytes, account: str) -> Predecessor:
    """Parse the findings.json of another run.

    Args:
        body: The document.
        account: The account that it must be about; empty if that is not known.

    Raises:
        UnreadableReportError: It has another version or another form, or is about another account.
    """
    try:
        version = _VERSION.validate_json(body).get("schema_version")
        if version not in READABLE:
            known = " and ".join(map(str, READABLE))
            raise UnreadableReportError(f"its schema version is {version!r}, and only {known} are understood")
        report = _PREDECESSOR.validate_json(body)
    except ValidationError as error:
        raise UnreadableReportError(f"its findings.json {_first_problem(error)}") from error
    if account and report.account not in ("", account):
        raise UnreadableReportError(f"it is about account {report.account}")
    return report


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in problem["loc"])
    return f"cannot be read ({where + ': ' if where else ''}{problem['msg']})"

"""Reads runs from the journal: page by page, newest first, never all at once."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from agent.harness.schema import (
    PARTITION_KEY,
    RUN_KIND,
    RUN_SORT_KEY,
    RUNS_INDEX,
    RUNS_INDEX_PARTITION_KEY,
    RUNS_INDEX_SORT_KEY,
    SORT_KEY,
    STEP_SORT_KEY_PREFIX,
    Attribute,
)
from runs.errors import ExitStatus, RunsError
from runs.journal.run import Run, Step
from runs.place.place import Place

LATEST = "@latest"
# A shortened id is looked for among this many of the newest runs.
_SEARCHED_RUNS = 20_000
_MAX_NAMED = 5
# Commands that are printed have a part of an id. No run has another one, but an agent can write any item.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_WHOLE_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Journal:
    """The journal of one agent.

    Args:
        place: The agent's place.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._table = str(place.outputs["journal_table_name"])

    def runs(
        self,
        *,
        since: datetime | None = None,
        status: str | None = None,
        requested_by: str | None = None,
        page_size: int | None = None,
        only: Sequence[Attribute] = (),
    ) -> Iterator[Run]:
        """Yield runs, the newest first. Pages are read as they are needed.

        Args:
            since: Only runs that were requested at this time or later.
            status: Only runs with this status.
            requested_by: Only runs that were asked for by this requester.
            page_size: How many items a request reads, before they are filtered; as many as fit if None.
            only: Read only these attributes and the id; all if empty.
        """
        filters = {Attribute.STATUS: status, Attribute.REQUESTED_BY: requested_by}
        wanted = {name: value for name, value in filters.items() if value is not None}
        arguments = self._newest_first(since)
        if wanted:
            arguments["FilterExpression"] = " AND ".join(f"#{name} = :{name}" for name in wanted)
            arguments["ExpressionAttributeNames"] |= {f"#{name}": name.value for name in wanted}
            arguments["ExpressionAttributeValues"] |= {f":{name}": {"S": value} for name, value in wanted.items()}
        if only:
            arguments["ProjectionExpression"] = ", ".join([PARTITION_KEY, *(f"#{name}" for name in only)])
            arguments["ExpressionAttributeNames"] |= {f"#{name}": name.value for name in only}
        if page_size is not None:
            arguments["PaginationConfig"] = {"PageSize": page_size}
        yield from (Run.of(item) for item in self._query(arguments) if _is_run(item))

    def find(self, session_id: str) -> Run | None:
        """Return one run, read consistently; None if there is no such run."""
        key = {PARTITION_KEY: {"S": session_id}, SORT_KEY: {"S": RUN_SORT_KEY}}
        answer = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return Run.of(self._plain(answer["Item"])) if "Item" in answer else None

    def get(self, session_id: str) -> Run:
        """Return one run, read consistently.

        Raises:
            RunsError: There is no such run.
        """
        run = self.find(session_id)
        if run is None:
            raise RunsError(f"There is no run {session_id}: 'runs list' shows those of the last 30 days", _NOT_FOUND)
        return run

    def steps(self, session_id: str) -> Sequence[Step]:
        """Return the steps of all attempts of a run, oldest first."""
        arguments = {
            "ConsistentRead": True,
            "KeyConditionExpression": f"{PARTITION_KEY} = :id AND begins_with({SORT_KEY}, :step)",
            "ExpressionAttributeValues": {":id": {"S": session_id}, ":step": {"S": STEP_SORT_KEY_PREFIX}},
        }
        return [step for item in self._query(arguments) if (step := Step.of(item)) is not None]

    def resolve(self, text: str) -> str:
        """Return the id of the one run that a text names: an id, a unique prefix of one, or `@latest`.

        Raises:
            RunsError: No run, or more than one, is named.
        """
        if text == LATEST:
            return self._latest()
        if _WHOLE_ID.fullmatch(text):
            return text  # a run that was just requested is not in the journal yet
        key = {PARTITION_KEY: {"S": text}, SORT_KEY: {"S": RUN_SORT_KEY}}
        if text and "Item" in self._dynamodb.get_item(TableName=self._table, Key=key, ProjectionExpression="PK"):
            return text
        ids = list(itertools.islice(self._ids(), _SEARCHED_RUNS))
        found = [one for one in ids if text and one.startswith(text)]
        if len(found) == 1:
            return found[0]
        if found:
            named = ", ".join(found[:_MAX_NAMED]) + (" …" if len(found) > _MAX_NAMED else "")
            raise RunsError(f"{len(found)} runs begin with {text!r}: {named}. Give more characters", ExitStatus.USAGE)
        raise RunsError(_unknown(text, ids), _NOT_FOUND)

    def _latest(self) -> str:
        newest = next(self.runs(page_size=1), None)
        if newest is None:
            raise RunsError("There is no run yet: start one with 'runs start'", _NOT_FOUND)
        return newest.session_id

    def _ids(self) -> Iterator[str]:
        arguments = self._newest_first(None) | {"ProjectionExpression": PARTITION_KEY}
        yield from (str(item[PARTITION_KEY]) for item in self._query(arguments) if _is_run(item))

    def _newest_first(self, since: datetime | None) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "IndexName": RUNS_INDEX,
            "ScanIndexForward": False,
            "KeyConditionExpression": "#kind = :kind",
            "ExpressionAttributeNames": {"#kind": RUNS_INDEX_PARTITION_KEY},
            "ExpressionAttributeValues": {":kind": {"S": RUN_KIND}},
        }
        if since is not None:
            arguments["KeyConditionExpression"] += " AND #at >= :since"
            arguments["ExpressionAttributeNames"]["#at"] = RUNS_INDEX_SORT_KEY
            # Times of events are in UTC with a Z, to the second: texts of this form sort as their times.
            text = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            arguments["ExpressionAttributeValues"][":since"] = {"S": text}
        return arguments

    def _query(self, arguments: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        pages = self._dynamodb.get_paginator("query").paginate(TableName=self._table, **arguments)
        return (self._plain(item) for page in pages for item in page["Items"])

    def _plain(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._deserialize(value) for name, value in item.items()}

    @property
    def _dynamodb(self) -> Any:
        return self._place.client("dynamodb")

    @cached_property
    def _deserialize(self) -> Callable[[Any], Any]:
        from boto3.dynamodb.types import TypeDeserializer

        return TypeDeserializer().deserialize


_NOT_FOUND = ExitStatus.NOT_FOUND


def _is_run(item: Mapping[str, Any]) -> bool:
    return _ID.fullmatch(str(item[PARTITION_KEY])) is not None


def _unknown(text: str, ids: Sequence[str]) -> str:
    import difflib

    near = difflib.get_close_matches(text, [one[: max(len(text), 8)] for one in ids], n=3, cutoff=0.6)
    hint = f"the nearest are {', '.join(near)}" if near else "'runs list' shows those of the last 30 days"
    return f"There is no run {text!r}: {hint}"

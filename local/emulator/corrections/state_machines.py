"""Corrections of AWS Step Functions."""

import functools
import json
from collections.abc import Callable
from typing import Any

import jsonata  # type: ignore[import-untyped]
from ministack.services import stepfunctions  # type: ignore[import-untyped]

from local.emulator import redrive

_EXPRESSION_MILLISECONDS = 60_000

_PUT_EVENTS = "arn:aws:states:::events:putEvents"

_put_events: Callable[..., Any] = stepfunctions._SERVICE_DISPATCH[_PUT_EVENTS]
_expression: Callable[..., jsonata.Jsonata] = jsonata.Jsonata.jsonata
_parse: Callable[..., Any] = jsonata.parser.Parser.parse


def apply() -> None:
    """Correct the tasks and the expressions of state machines, and redrive executions.

    - MiniStack cannot redrive executions, and takes an event that the bus has refused for one that it has accepted.
    - MiniStack gives an expression of a state machine one second. On a busy machine a correct expression may take
      longer.
    - MiniStack parses an expression of a state machine again in each state of each run, a third of what the account
      computes. Here it does so once.
    """
    jsonata.Jsonata.jsonata = staticmethod(_expression_with_more_time)
    jsonata.parser.Parser.parse = _parse_once
    stepfunctions._SERVICE_DISPATCH[_PUT_EVENTS] = _put_events_as_aws
    redrive.install()


def _put_events_as_aws(*arguments: Any) -> Any:
    answer = _put_events(*arguments)
    if answer["FailedEntryCount"]:
        raise stepfunctions._ExecutionError("EventBridge.FailedEntry", json.dumps(answer))
    return answer


def _expression_with_more_time(text: str, **options: Any) -> jsonata.Jsonata:
    return _expression(text, **{**options, "timeout": _EXPRESSION_MILLISECONDS})


@functools.lru_cache(maxsize=1_024)
def _syntax_tree(text: str, regex_engine: Any) -> Any:
    # A parser of its own: the threads of two executions may parse at the same time.
    return _parse(jsonata.parser.Parser(), text, regex_engine)


def _parse_once(_: Any, text: str, regex_engine: Any) -> Any:
    return _syntax_tree(text, regex_engine)  # evaluations only read it

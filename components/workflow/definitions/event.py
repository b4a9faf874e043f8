"""The event that starts an execution: its members as expressions, and what is wrong with its detail."""

from __future__ import annotations

import json
from collections.abc import Sequence

from agent import event_types
from agent.harness.payload import SESSION_ID_PATTERN
from agent.harness.schema import Attribute

# Until 2026-11-28, rules passed {session_id, requested_at, source, detail} in place of the event. An upgrade updates a
# state machine before its rule: for some seconds, the new definition gets the old input. Remove the old form in 0.3.
SESSION_ID = "($exists($states.input.id) ? $states.input.id : $states.input.session_id)"
REQUESTED_AT = "($exists($states.input.time) ? $states.input.time : $states.input.requested_at)"
SOURCE = "$states.input.source"
DETAIL = "$states.input.detail"
# Longer texts are cut, so that the item stays small enough to be passed between states.
_LONGEST_REQUESTER_CHARACTERS = 200
# Share of common letters from which one key may be a misspelling of another.
_ALIKE = 0.7
# A longer unknown key is cut in the message.
_LONGEST_KEY_CHARACTERS = 50


def requester() -> str:
    """Return the expression for who has sent the event.

    The bus accepts the schedules' source from the schedules only (components/events/bus_policy.py). What another event
    claims comes after its source, so that nobody else looks like a schedule.
    """
    claimed, schedule = f"{DETAIL}.{Attribute.REQUESTED_BY}", event_types.SCHEDULE_REQUESTER
    return (
        f"$substring({SOURCE} = '{event_types.SCHEDULE_SOURCE}' and $type({claimed}) = 'string' ? {claimed} "
        f": $type({claimed}) = 'string' ? {SOURCE} & ': ' & {claimed} "
        f": $substring({SOURCE}, 0, {len(schedule)}) = '{schedule}' ? 'source ' & {SOURCE} "
        f": {SOURCE}, 0, {_LONGEST_REQUESTER_CHARACTERS})"
    )


def is_session_id(value: str) -> str:
    """Return the expression for whether a value can be the id of a session.

    Args:
        value: An expression.
    """
    # The comparison with the match makes sure that the whole text matches.
    return f"($type({value}) = 'string' ? $match({value}, /{SESSION_ID_PATTERN}/, 1)[0].match = {value} : false)"


def detail_problem(known: Sequence[str], further: str) -> str:
    """Return the expression for the first problem of a detail, or for `further` if its shape and keys are correct.

    Args:
        known: The keys that the detail may have.
        further: An expression.
    """
    keys, names = json.dumps(list(known)), json.dumps(" and ".join(filter(None, [", ".join(known[:-1]), known[-1]])))
    example = json.dumps(f'. Send a JSON object, such as {{"{known[0]}": "..."}}')
    # A detail may have thousands of keys. If it has more than the known ones, one of the first is unknown.
    unknown = f"$keys({DETAIL})[[0..{len(known)}]][$not($ in {keys})][0]"
    return (
        f"($not($type({DETAIL}) = 'object') "
        f"? \"The event's detail is \" & ($exists({DETAIL}) ? 'of type ' & $type({DETAIL}) : 'missing') & {example} "
        f": $exists({unknown}) ? ("
        f"$key := $substring({unknown}, 0, {_LONGEST_KEY_CHARACTERS}); "
        "$letters := function($text) { $distinct($split($lowercase($text), '')) }; "
        "$alike := function($name) { 2 * $count($letters($name)[$ in $letters($key)]) "
        "/ ($count($letters($name)) + $count($letters($key))) }; "
        f"$nearest := $sort({keys}, function($one, $other) {{ $alike($one) < $alike($other) }})[0]; "
        "\"The event's detail has the unknown key '\" & $key "
        f"& ($alike($nearest) >= {_ALIKE} ? \"': did you mean \" & $nearest & '?' : \"'.\") "
        f"& ' Send only ' & {names}) "
        f": {further})"
    )

"""Reads settings from configuration, and checks the rules that hold between settings."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, get_args

from components.settings.budgets import Budgets, broken_orders, longest_history
from components.settings.checks.models import missing_base_model
from components.settings.model import Settings
from components.settings.problems import NOTHING_REFUSED, Finding, Problem, Refused, SettingsError
from components.settings.schedules import ScheduleSettings, in_the_past
from components.settings.section import Section
from components.settings.setting import Declared, camel_case, declared
from components.settings.tags import read_tags
from components.workflow.definitions import history

_log = logging.getLogger(__name__)

# API reference, CreateOnlineEvaluationConfig.
_MOST_EVALUATORS = 25


def settings_from_config(
    values: Mapping[str, object], *, namespace: str, now: datetime, refused: Refused = NOTHING_REFUSED
) -> Settings:
    """Return the settings in a stack's configuration, which has the budgets among the other settings.

    Args:
        values: The configuration of the project's own namespace, with keys without the namespace. Values are text
            (structured ones as JSON), as Pulumi passes them on, or plain data.
        namespace: The namespace, for messages.
        now: The present time, with a time zone.
        refused: The problems of keys whose values must not be used.

    Raises:
        SettingsError: Lists every problem.
    """
    section = Section(values, prefix=f"{namespace}:", problems=[], refused=refused)
    return _settings(section, budgets=section, now=now)


def settings_from_inputs(values: Mapping[str, object], *, path: str, now: datetime) -> Settings:
    """Return the settings in the inputs of a component, which have the budgets in a mapping of their own.

    Args:
        values: The settings as plain data.
        path: The path of the settings in the inputs, for messages.
        now: The present time, with a time zone.

    Raises:
        SettingsError: Lists every problem.
    """
    section = Section(values, prefix=f"{path}.", problems=[])
    budgets = section.section("budgets")
    return _settings(section, budgets=budgets, now=now)


def _settings(section: Section, *, budgets: Section, now: datetime) -> Settings:
    values: dict[str, Any] = {}
    for one in declared(Settings):
        if one.hint is Budgets:
            values[one.field.name] = _budgets(budgets)
        elif get_args(one.hint) == (ScheduleSettings,):
            values[one.field.name] = _schedules(section, one.key, now)
        elif one.field.name == "tags":
            values[one.field.name] = read_tags(section, one.key)
        else:
            values[one.field.name] = _value(section, one)
    settings = Settings(**values)
    _check_prompts(section, settings)
    _check_models(section, settings)
    _check_pair(section, settings, "input_token_price", "output_token_price")
    _check_pair(section, settings, "subnet_ids", "security_group_ids")
    _check_pair(section, settings, "evaluators", "evaluation_percentage")
    _check_evaluation(section, settings)
    section.refuse_unknown()
    if budgets is not section:
        budgets.refuse_unknown()
    if section.problems:
        raise SettingsError(section.problems)
    return settings


def _value(section: Section, one: Declared) -> Any:
    """Return the value of a setting whose type is a text, a number, a flag or a list of texts."""
    rule, key = one.setting, one.key
    optional = type(None) in get_args(one.hint)
    kind = next(option for option in get_args(one.hint) if option is not type(None)) if optional else one.hint
    if kind is str:
        if optional and not section.has(key):
            return None
        return section.text(key, default=one.default, check=rule.check)
    if kind is int:
        return section.integer(
            key, default=one.default, minimum=int(rule.minimum or 0), maximum=int(rule.maximum or 0), check=rule.check
        )
    if kind is float:
        return section.number(key, default=one.default, minimum=rule.minimum or 0, maximum=rule.maximum or 0)
    if kind is bool:
        return section.flag(key, default=one.default)
    if kind == Sequence[str]:
        return section.texts(key, check=rule.check)
    raise TypeError(f"Setting {key} has the type {kind}, which cannot be read: add it to {__name__}")


def _budgets(section: Section) -> Budgets:
    budgets = Budgets(**{one.field.name: _value(section, one) for one in declared(Budgets)})
    # A value that cannot be used was replaced by its default, which breaks no rule of the user's.
    orders = [one for one in broken_orders(budgets) if section.is_valid(camel_case(one[0]), camel_case(one[2]))]
    is_known = section.is_valid("pollMaxSeconds", "workflowDeadlineSeconds", "maxAttempts")
    for name, relation, other in orders:
        finding = Finding(
            rule=f"it must be {relation} {camel_case(other)}, which is {getattr(budgets, other)}",
            remedy=f"Raise it, or lower {camel_case(other)}",
        )
        section.note(camel_case(name), finding, value=getattr(budgets, name))
    events = longest_history(budgets)
    if is_known and events > history.LIMIT_EVENTS:
        finding = Finding(
            rule=f"checking the journal this often for {budgets.workflow_deadline_seconds} s may need {events:,.0f} "
            f"events, and Step Functions ends an execution at {history.LIMIT_EVENTS:,}",
            remedy="Raise it, or lower workflowDeadlineSeconds or maxAttempts",
        )
        section.note("pollMaxSeconds", finding, value=budgets.poll_max_seconds)
    return budgets


def _schedules(section: Section, key: str, now: datetime) -> tuple[ScheduleSettings, ...]:
    schedules = []
    for entry in section.sections(key):
        schedule = ScheduleSettings(**{one.field.name: _value(entry, one) for one in declared(ScheduleSettings)})
        schedules.append(schedule)
        if entry.is_valid("expression", "timeZone") and (
            finding := in_the_past(schedule.expression, schedule.time_zone, now)
        ):
            # A schedule that was deployed before its time must not stop later deployments. Pulumi shows this line.
            _log.warning(
                "%s",
                Problem(
                    key=entry.path("expression"),
                    value=schedule.expression,
                    rule=finding.rule,
                    remedy=finding.remedy,
                ),
            )
        entry.refuse_unknown()
    names = [schedule.name for schedule in schedules]
    for name in sorted({name for name in names if names.count(name) > 1}):
        finding = Finding(rule="each schedule needs its own name", remedy="Rename all but one of them")
        section.note(key, finding, value=name)
    return tuple(schedules)


def _check_prompts(section: Section, settings: Settings) -> None:
    if not section.is_valid("maxPromptCharacters"):
        return
    prompts = {"defaultPrompt": settings.default_prompt}
    for index, schedule in enumerate(settings.schedules):
        prompts[f"schedules[{index}].prompt"] = schedule.prompt or ""
    for key, prompt in prompts.items():
        if len(prompt) > settings.max_prompt_characters:
            finding = Finding(
                rule=f"it has {len(prompt)} characters, and a prompt may have {settings.max_prompt_characters}",
                remedy="Shorten it, or raise maxPromptCharacters",
            )
            section.note(key, finding, value=prompt)


def _check_models(section: Section, settings: Settings) -> None:
    finding = missing_base_model(settings.model_id, settings.base_model_id)
    if finding is not None and section.is_valid("modelId", "baseModelId"):
        section.note("baseModelId", finding, value=settings.base_model_id)


def _check_evaluation(section: Section, settings: Settings) -> None:
    """Note evaluators that would find nothing to read, and too many of them."""
    if settings.evaluators and not settings.trace_content:
        rule = "evaluators read prompts, tool results and answers, and spans do not contain them without traceContent"
        section.note("evaluators", Finding(rule=rule, remedy="Set traceContent to true, or remove the evaluators"))
    if len(settings.evaluators) > _MOST_EVALUATORS:
        finding = Finding(rule=f"AgentCore accepts {_MOST_EVALUATORS} evaluators", remedy="Remove some of them")
        section.note("evaluators", finding, value=len(settings.evaluators))


def _check_pair(section: Section, settings: Settings, one: str, other: str) -> None:
    """Note it if only one of two settings that belong together has a value."""
    for name, partner in ((one, other), (other, one)):
        if not section.is_valid(camel_case(name)):
            continue
        if getattr(settings, name) in (None, ()) and getattr(settings, partner) not in (None, ()):
            key, given = camel_case(name), camel_case(partner)
            section.note(key, Finding(rule=f"{given} is set, and both are needed", remedy="Set both or neither"))

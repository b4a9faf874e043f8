"""A stack's settings: what may differ between environments, typed, with every rule that holds among them."""

# Annotations are evaluated here, because the schema of the component package is derived from them.
import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from components.settings import checks
from components.settings.problems import NOTHING_REFUSED, Check, Finding, Refused, SettingsError
from components.settings.section import Section
from components.workflow.definitions import history

# What a platform team must be able to read from each resource: whom to ask, and who pays.
REQUIRED_TAGS = ("owner", "cost-center")

_DEFAULT_PROMPT = "Analyse the AWS Lambda functions of this account and report how their cost can be lowered."

# AgentCore ends every session after eight hours at the latest.
_LONGEST_LIFETIME = 28_800

# USD for a million tokens: far above any model's, to catch a price that was meant for something else.
_HIGHEST_PRICE = 1_000

# States pass on 256 KiB of JSON, in which a character may take 6 bytes, and an event has room for as much.
_LONGEST_PROMPT = 20_000

# AgentCore accepts no shorter one.
_SHORTEST_IDLE_TIMEOUT = 60


class NotifyOn(StrEnum):
    """Of which runs' ends people are told; of trouble alarms tell them in any case."""

    NEVER = "never"
    ALWAYS = "always"
    CHANGE = "change"  # a report that says something which the one before did not


@dataclass(frozen=True, kw_only=True)
class Budgets:
    """How long each part of a run may take, in seconds, and how often it is tried.

    Attributes:
        heartbeat_seconds: The agent renews its lease this often.
        lease_seconds: An agent that has not renewed its lease for so long is taken to be dead.
        start_seconds: A start that AgentCore has accepted must have begun its work within this time.
        agent_deadline_seconds: The agent ends its own work after this time.
        workflow_deadline_seconds: The workflow ends a run after this time, whatever the agent does.
        max_lifetime_seconds: AgentCore ends a session after this time.
        idle_timeout_seconds: AgentCore ends a session that has been idle for so long.
        max_attempts: A run whose agent dies is started this many times altogether.
        expected_seconds: How long a run is taken to last until finished runs have taught better.
        poll_min_seconds: The shortest wait between two looks at the journal.
        poll_max_seconds: The longest wait between two looks at the journal.
    """

    heartbeat_seconds: int = 30
    lease_seconds: int = 120
    start_seconds: int = 120
    agent_deadline_seconds: int = 3000
    workflow_deadline_seconds: int = 3600
    max_lifetime_seconds: int = 7200
    idle_timeout_seconds: int = 300
    max_attempts: int = 3
    expected_seconds: int = 180
    poll_min_seconds: int = 5
    poll_max_seconds: int = 60


@dataclass(frozen=True, kw_only=True)
class ScheduleSettings:
    """One schedule that requests a run.

    Attributes:
        name: Unique within the stack.
        expression: at(…), rate(…) or cron(…), as EventBridge Scheduler reads them.
        time_zone: IANA name of the zone that the expression is meant in.
        prompt: What to ask of the agent; left out, the stack's default prompt.
        flexible_window_minutes: The run may start up to so many minutes later; 0 is at the exact time.
    """

    name: str
    expression: str
    time_zone: str = "UTC"
    prompt: str | None = None
    flexible_window_minutes: int = 0


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything in which two stacks of this program may differ.

    Attributes:
        model_id: Bedrock model or cross-region inference profile that the agent uses.
        model_factory: "module:function" that builds another model; left out, the agent decides.
        max_turns: How often the agent may call its model in one attempt.
        max_tokens: How many tokens, read and written, one attempt may use.
        max_prompt_characters: Longer prompts are refused.
        default_prompt: What is asked when an event brings no prompt.
        analysis_regions: Regions that the agent looks at; empty means its own.
        refresh_prices: Whether the agent asks AWS for its price list, rather than going by the dated table that it
            brings along.
        log_level: Least severity that functions and agent log.
        input_token_price: USD for a million tokens that the model reads, for the dashboard's cost.
        output_token_price: USD for a million tokens that the model writes; given with the other price, or not at all.
        budgets: How long each part of a run may take.
        schedules: The schedules that request runs.
        schedules_enabled: Whether the schedules fire.
        log_retention_days: How long log groups keep their events.
        journal_retention_days: How long the journal keeps a run.
        report_retention_days: How long reports are kept.
        protect: Guards what holds data: deletion protection, point-in-time recovery, versions, Pulumi's protect.
        customer_managed_keys: Whether what is stored is encrypted under a key of the agent's own, for a dollar a month,
            rather than under keys that AWS owns.
        starter_reserved_concurrency: Concurrency reserved for, and granted to, the start function; left out, none is.
        subnet_ids: Subnets of a VPC that the agent reaches the network through, from where it needs a way to DynamoDB,
            S3, Bedrock, CloudWatch and whatever else it looks at; left out, AgentCore's own network.
        security_group_ids: What the agent may reach from those subnets; given with them, or not at all.
        alarm_emails: Who is written to when an alarm goes off; everybody has to confirm once.
        notify_on: Of which runs' ends they are told too: never, always, or change, where a report differs from the one
            before.
        tags: Put on every resource that takes tags; among them the required ones.
    """

    model_id: str
    model_factory: str | None = None
    max_turns: int = 40
    max_tokens: int = 400_000
    max_prompt_characters: int = 8_000
    default_prompt: str = _DEFAULT_PROMPT
    analysis_regions: Sequence[str] = ()
    refresh_prices: bool = False
    log_level: str = "INFO"
    input_token_price: float | None = None
    output_token_price: float | None = None
    budgets: Budgets = field(default_factory=Budgets)
    schedules: Sequence[ScheduleSettings] = ()
    schedules_enabled: bool = False
    log_retention_days: int = 30
    journal_retention_days: int = 90
    report_retention_days: int = 365
    protect: bool = False
    customer_managed_keys: bool = False
    starter_reserved_concurrency: int | None = None
    subnet_ids: Sequence[str] = ()
    security_group_ids: Sequence[str] = ()
    alarm_emails: Sequence[str] = ()
    notify_on: str = NotifyOn.NEVER.value
    tags: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_config(
        cls, values: Mapping[str, object], *, namespace: str, refused: Refused = NOTHING_REFUSED
    ) -> "Settings":
        """Read the settings from a stack's configuration.

        Args:
            values: The configuration of the project's own namespace, keys without it. Values are text (structured ones
                as JSON), as Pulumi hands them over, or plain data.
            namespace: The namespace, for messages.
            refused: The problems of keys whose values cannot be used.

        Raises:
            SettingsError: With every problem there is.
        """
        config = Section(values, prefix=f"{namespace}:", problems=[], refused=refused)
        budgets = _budgets(config)
        max_prompt_characters = config.integer(
            "maxPromptCharacters", default=cls.max_prompt_characters, minimum=1, maximum=_LONGEST_PROMPT
        )

        def prompt(text: str) -> Finding | None:
            if len(text) <= max_prompt_characters:
                return None
            return Finding(
                rule=f"it has {len(text)} characters, and a prompt may have {max_prompt_characters}",
                remedy="Shorten it, or raise maxPromptCharacters",
            )

        settings = cls(
            model_id=config.text("modelId", check=checks.model_id),
            model_factory=config.text("modelFactory", check=checks.factory) if config.has("modelFactory") else None,
            max_turns=config.integer("maxTurns", default=cls.max_turns, minimum=1, maximum=1_000),
            max_tokens=config.integer("maxTokens", default=cls.max_tokens, minimum=1_000, maximum=100_000_000),
            max_prompt_characters=max_prompt_characters,
            default_prompt=config.text("defaultPrompt", default=cls.default_prompt, check=prompt),
            analysis_regions=config.texts("analysisRegions", check=checks.region),
            refresh_prices=config.flag("refreshPrices", default=cls.refresh_prices),
            log_level=config.text("logLevel", default=cls.log_level, check=_log_level),
            input_token_price=config.number("inputTokenPrice", minimum=0, maximum=_HIGHEST_PRICE),
            output_token_price=config.number("outputTokenPrice", minimum=0, maximum=_HIGHEST_PRICE),
            budgets=budgets,
            schedules=_schedules(config, prompt),
            schedules_enabled=config.flag("schedulesEnabled", default=cls.schedules_enabled),
            log_retention_days=_log_retention(config, cls.log_retention_days),
            journal_retention_days=config.integer(
                "journalRetentionDays", default=cls.journal_retention_days, minimum=1, maximum=3_653
            ),
            report_retention_days=config.integer(
                "reportRetentionDays", default=cls.report_retention_days, minimum=1, maximum=3_653
            ),
            protect=config.flag("protect", default=cls.protect),
            customer_managed_keys=config.flag("customerManagedKeys", default=cls.customer_managed_keys),
            starter_reserved_concurrency=(
                config.integer("starterReservedConcurrency", default=1, minimum=1, maximum=1_000)
                if config.has("starterReservedConcurrency")
                else None
            ),
            subnet_ids=config.texts("subnetIds", check=checks.subnet_id),
            security_group_ids=config.texts("securityGroupIds", check=checks.security_group_id),
            alarm_emails=config.texts("alarmEmails", check=checks.e_mail),
            notify_on=config.text("notifyOn", default=cls.notify_on, check=_notify_on),
            tags=_tags(config),
        )
        _refuse_half(config, settings, "input_token_price", "output_token_price")
        _refuse_half(config, settings, "subnet_ids", "security_group_ids")
        config.refuse_unknown()
        if config.problems:
            raise SettingsError(config.problems)
        return settings


def _budgets(config: Section) -> Budgets:
    bounds = {"max_attempts": (1, 10), "idle_timeout_seconds": (_SHORTEST_IDLE_TIMEOUT, _LONGEST_LIFETIME)}
    values = {}
    for name, default in dataclasses.asdict(Budgets()).items():
        minimum, maximum = bounds.get(name, (1, _LONGEST_LIFETIME))
        values[name] = config.integer(camel_case(name), default=default, minimum=minimum, maximum=maximum)
    budgets = Budgets(**values)
    for name, relation, other in _broken_orders(budgets):
        config.note(
            camel_case(name),
            f"it must be {relation} {camel_case(other)}, which is {getattr(budgets, other)}",
            f"Raise it, or lower {camel_case(other)}",
            value=getattr(budgets, name),
        )
    events = history.longest(
        workflow_deadline_seconds=budgets.workflow_deadline_seconds,
        poll_max_seconds=budgets.poll_max_seconds,
        max_attempts=budgets.max_attempts,
    )
    if events > history.LIMIT_EVENTS:
        config.note(
            "pollMaxSeconds",
            f"looking so often for {budgets.workflow_deadline_seconds} s may take {events:,.0f} events, and Step "
            f"Functions ends an execution at {history.LIMIT_EVENTS:,}",
            "Raise it, or lower workflowDeadlineSeconds or maxAttempts",
            value=budgets.poll_max_seconds,
        )
    return budgets


def _broken_orders(budgets: Budgets) -> list[tuple[str, str, str]]:
    """The rules among the budgets that do not hold, each as (budget, relation, other budget).

    Each rule keeps a promise: a dead agent is told from a slow one (heartbeat and lease), an agent ends itself before
    the workflow has to, the workflow does before AgentCore does, and no wait outlasts a lease.
    """
    b = budgets
    rules = [
        # One beat may be lost, and the next one late.
        ("lease_seconds", b.lease_seconds >= 3 * b.heartbeat_seconds, "at least three times", "heartbeat_seconds"),
        ("lease_seconds", b.lease_seconds >= b.poll_max_seconds, "at least", "poll_max_seconds"),
        ("poll_max_seconds", b.poll_max_seconds >= b.poll_min_seconds, "at least", "poll_min_seconds"),
        ("agent_deadline_seconds", b.agent_deadline_seconds > b.lease_seconds, "above", "lease_seconds"),
        ("agent_deadline_seconds", b.agent_deadline_seconds > b.start_seconds, "above", "start_seconds"),
        ("agent_deadline_seconds", b.agent_deadline_seconds >= b.expected_seconds, "at least", "expected_seconds"),
        (
            "workflow_deadline_seconds",
            b.workflow_deadline_seconds > b.agent_deadline_seconds,
            "above",
            "agent_deadline_seconds",
        ),
        (
            "max_lifetime_seconds",
            b.max_lifetime_seconds > b.workflow_deadline_seconds,
            "above",
            "workflow_deadline_seconds",
        ),
        ("max_lifetime_seconds", b.max_lifetime_seconds >= b.idle_timeout_seconds, "at least", "idle_timeout_seconds"),
    ]
    return [(name, relation, other) for name, holds, relation, other in rules if not holds]


def _schedules(config: Section, prompt: Check) -> tuple[ScheduleSettings, ...]:
    schedules = []
    for entry in config.sections("schedules"):
        schedules.append(
            ScheduleSettings(
                name=entry.text("name", check=checks.schedule_name),
                expression=entry.text("expression", check=checks.schedule_expression),
                time_zone=entry.text("timeZone", default=ScheduleSettings.time_zone, check=checks.time_zone),
                prompt=entry.text("prompt", check=prompt) if entry.has("prompt") else None,
                flexible_window_minutes=entry.integer("flexibleWindowMinutes", default=0, minimum=0, maximum=1_440),
            )
        )
        entry.refuse_unknown()
    names = [schedule.name for schedule in schedules]
    for name in sorted({name for name in names if names.count(name) > 1}):
        config.note("schedules", "no two schedules may share a name", "Give each a name of its own", value=name)
    return tuple(schedules)


def _refuse_half(config: Section, settings: Settings, one: str, other: str) -> None:
    """Note where one of two settings is given that mean nothing without each other."""
    for name, partner in ((one, other), (other, one)):
        if getattr(settings, name) in (None, ()) and getattr(settings, partner) not in (None, ()):
            rule = f"{camel_case(partner)} is given, and neither means anything alone"
            config.note(camel_case(name), rule, f"Give both, or leave out {camel_case(partner)}")


def _log_retention(config: Section, default: int) -> int:
    days = config.integer("logRetentionDays", default=default, minimum=1, maximum=max(checks.LOG_RETENTION_DAYS))
    if days not in checks.LOG_RETENTION_DAYS:
        longer = next(allowed for allowed in checks.LOG_RETENTION_DAYS if allowed >= days)
        allowed = ", ".join(map(str, checks.LOG_RETENTION_DAYS))
        config.note(
            "logRetentionDays", f"CloudWatch Logs only takes {allowed}", f"The next longer is {longer}", value=days
        )
    return days


def _log_level(value: str) -> Finding | None:
    if value in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        return None
    return Finding(rule="it must be DEBUG, INFO, WARNING or ERROR", remedy="INFO fits everyday work")


def _notify_on(value: str) -> Finding | None:
    if value in set(NotifyOn):
        return None
    return Finding(rule="it must be never, always or change", remedy="change tells of what is new, and of nothing else")


def _tags(config: Section) -> Mapping[str, str]:
    section = config.section("tags")
    tags = {}
    for required in REQUIRED_TAGS:
        section.text(required, check=checks.e_mail if required == "owner" else None)
    for key in section.names():
        tags[key] = section.text(key, check=checks.tag_text)
        if finding := checks.tag_text(key):
            section.note(key, finding.rule, finding.remedy)
    return tags


def camel_case(name: str) -> str:
    """A Python name as Pulumi's configuration writes it."""
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)

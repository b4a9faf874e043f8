"""A stack's settings: everything that may differ between environments."""

# Annotations are evaluated here, because the schema of the component package is derived from them.
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from agent.harness.variables import Variable
from components.settings import checks
from components.settings.budgets import Budgets
from components.settings.checks.models import base_model_id, model_id
from components.settings.checks.regions import region
from components.settings.schedules import ScheduleSettings
from components.settings.setting import setting

# Operators must be able to read from each resource whom to ask about it, and who pays for it.
REQUIRED_TAGS = ("owner", "cost-center")

_DEFAULT_PROMPT = "Analyse the AWS Lambda functions of this account and report how their cost can be lowered."

# USD for a million tokens: far above the price of any model, to find a figure in the wrong unit.
_HIGHEST_PRICE = 1_000

# A state passes on at most 256 KiB of JSON, where a character may need 6 bytes. An event has the same limit.
_LONGEST_PROMPT = 20_000

# Ten years, the longest retention that CloudWatch Logs accepts.
_LONGEST_RETENTION = 3_653


class NotifyOn(StrEnum):
    """Which finished runs send a notification. Alarms send one in any case."""

    NEVER = "never"
    ALWAYS = "always"
    CHANGE = "change"  # the report has something new


class PlatformVersion(StrEnum):
    """How AgentCore starts a session."""

    V1 = "V1"  # a new microVM starts the agent
    V2 = "V2"  # the session is restored from a snapshot of the agent after its first healthy ping


# With the longest session ids, the item of the live runs stays below the 256 KiB that a state of the workflow may read.
MOST_LIVE_RUNS = 900


class ExcessRuns(StrEnum):
    """What happens to a run when the maximum number of runs is live."""

    WAIT = "wait"
    FAIL = "fail"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that may differ between two stacks of this program."""

    model_id: str = field(
        metadata=setting(
            "What the agent invokes: the id or ARN of a Bedrock model or a system inference profile, or the ARN of an "
            "application inference profile, provisioned throughput, an imported model or a custom model's deployment.",
            check=model_id,
            variable=Variable.MODEL_ID,
        )
    )
    base_model_id: str | None = field(
        default=None,
        metadata=setting(
            "The model or system inference profile behind modelId, if its ARN does not name it. An application "
            "inference profile needs it: what it was copied from. Prompts are cached if this names Claude.",
            check=base_model_id,
            variable=Variable.BASE_MODEL_ID,
        ),
    )
    model_factory: str | None = field(
        default=None,
        metadata=setting(
            '"module:function" that builds another model. By default the agent uses the Bedrock model.',
            check=checks.factory,
            variable=Variable.MODEL_FACTORY,
        ),
    )
    temperature: float | None = field(
        default=None,
        metadata=setting(
            "How freely the model chooses its words, from 0 to 1. By default it is not sent: newer models refuse it.",
            minimum=0,
            maximum=1,
            variable=Variable.TEMPERATURE,
        ),
    )
    max_turns: int = field(
        default=40,
        metadata=setting(
            "How often the agent may call its model in one attempt.",
            minimum=1,
            maximum=1_000,
            variable=Variable.MAX_TURNS,
        ),
    )
    max_tokens: int = field(
        default=400_000,
        metadata=setting(
            "How many tokens one attempt may use: input, whether cached or not, and output. Each turn sends the whole "
            "conversation again, and all of it counts again. Turns are not interrupted, so the last one may exceed it.",
            minimum=1_000,
            maximum=100_000_000,
            variable=Variable.MAX_TOKENS,
        ),
    )
    max_prompt_characters: int = field(
        default=8_000,
        metadata=setting(
            "Longer prompts are refused.",
            minimum=1,
            maximum=_LONGEST_PROMPT,
            variable=Variable.MAX_PROMPT_CHARACTERS,
        ),
    )
    default_prompt: str = field(
        default=_DEFAULT_PROMPT, metadata=setting("What the agent is asked if an event has no prompt.")
    )
    analysis_regions: Sequence[str] = field(
        default=(),
        metadata=setting("Regions that the analyst reads. Empty means the stack's region.", check=region),
    )
    refresh_prices: bool = field(
        default=False,
        metadata=setting(
            "Whether the analyst asks AWS for current prices. Otherwise it uses the dated price table in its bundle."
        ),
    )
    group_by_tag: str | None = field(
        default=None,
        metadata=setting(
            "Key of a tag of the analysed functions, such as owner: the report groups costs and savings by its values. "
            "By default they are not grouped.",
            check=checks.tag_key,
        ),
    )
    log_level: str = field(
        default="INFO",
        metadata=setting(
            "Lowest severity that functions and agent log.", check=checks.log_level, variable=Variable.LOG_LEVEL
        ),
    )
    trace_content: bool = field(
        default=False,
        metadata=setting(
            "Whether spans contain prompts, tool results and answers. They are then stored in the agent's log group, "
            "or in X-Ray, outside of the stack's key and retention, if Transaction Search is off."
        ),
    )
    evaluators: Sequence[str] = field(
        default=(),
        metadata=setting(
            "Evaluators with which AgentCore scores a sample of the runs, such as Builtin.GoalSuccessRate or the id of "
            "one of the account's own. The scores are on the dashboard. AWS charges for the tokens that they read.",
            check=checks.evaluator,
        ),
    )
    evaluation_percentage: float | None = field(
        default=None,
        metadata=setting(
            "How many of a hundred runs are scored. Set it with evaluators, or set neither. Evaluators read what spans "
            "contain, so they also need traceContent.",
            minimum=0.01,
            maximum=100,
        ),
    )
    input_token_price: float | None = field(
        default=None,
        metadata=setting(
            "Price of a million input tokens in USD, for the costs on the dashboard. Tokens that are read from the "
            "cache are counted at a tenth of it, tokens that are written to the cache at 1.25 times.",
            minimum=0,
            maximum=_HIGHEST_PRICE,
        ),
    )
    output_token_price: float | None = field(
        default=None,
        metadata=setting(
            "Price of a million output tokens in USD. Set both prices or neither.", minimum=0, maximum=_HIGHEST_PRICE
        ),
    )
    budgets: Budgets = field(default_factory=Budgets, metadata=setting("How long each part of a run may take."))
    schedules: Sequence[ScheduleSettings] = field(default=(), metadata=setting("The schedules that request runs."))
    schedules_enabled: bool = field(default=False, metadata=setting("Whether the schedules request runs."))
    max_live_runs: int = field(
        default=10,
        metadata=setting(
            "How many runs may work at the same time. Schedules and other requests count alike.",
            minimum=1,
            maximum=MOST_LIVE_RUNS,
        ),
    )
    excess_runs: str = field(
        default=ExcessRuns.WAIT.value,
        metadata=setting(
            "What happens to a run beyond maxLiveRuns: wait (it waits for its turn until workflowDeadlineSeconds) or "
            "fail. Either way it ends as FAILED, TooManyRuns, if it does not get a turn.",
            check=checks.one_of(ExcessRuns, remedy="wait suits several schedules that are due at the same time"),
        ),
    )
    log_retention_days: int = field(
        default=30,
        metadata=setting(
            "How long log groups keep their events.",
            minimum=1,
            maximum=_LONGEST_RETENTION,
            check=checks.log_retention,
        ),
    )
    journal_retention_days: int = field(
        default=90,
        metadata=setting(
            "How long the journal keeps a run.",
            minimum=1,
            maximum=_LONGEST_RETENTION,
            variable=Variable.JOURNAL_RETENTION_DAYS,
        ),
    )
    report_retention_days: int = field(
        default=365, metadata=setting("How long reports are kept.", minimum=1, maximum=_LONGEST_RETENTION)
    )
    protect: bool = field(
        default=False,
        metadata=setting(
            "Whether resources with data have deletion protection, point-in-time recovery, object versions and "
            "Pulumi's protect."
        ),
    )
    customer_managed_keys: bool = field(
        default=False,
        metadata=setting(
            "Whether stored data is encrypted with a KMS key of the agent's own, for a dollar a month. Otherwise AWS "
            "owns the keys."
        ),
    )
    # V1 exists in every region, accepts more environment variables, and changes nothing for stacks that use it already.
    platform_version: str = field(
        default=PlatformVersion.V1.value,
        metadata=setting(
            "AgentCore's platform version. V1 starts the agent for each session. V2 restores each session from a "
            "snapshot, so sessions start in about 2 s, but `pulumi up` takes minutes longer. In September 2026, V2 "
            "existed in us-east-1, us-east-2, us-west-2, eu-west-1 and ap-northeast-1, and AWS has added regions "
            "since. In another region AWS refuses V2 with a ValidationException.",
            check=checks.one_of(PlatformVersion, remedy="V1 exists in every region of AgentCore"),
        ),
    )
    permissions_boundary: str | None = field(
        default=None,
        metadata=setting(
            "ARN of the managed policy that limits every role: its permissions boundary. By default there is none.",
            check=checks.policy_arn,
        ),
    )
    starter_reserved_concurrency: int | None = field(
        default=None,
        metadata=setting(
            "Reserved concurrency of the start function, which is also its limit. By default there is none.",
            minimum=1,
            maximum=1_000,
        ),
    )
    subnet_ids: Sequence[str] = field(
        default=(),
        metadata=setting(
            "Subnets of a VPC for the agent. They need a route to DynamoDB, S3, Bedrock, CloudWatch and everything "
            "else that the agent reads. By default the agent is in AgentCore's own network.",
            check=checks.subnet_id,
        ),
    )
    security_group_ids: Sequence[str] = field(
        default=(),
        metadata=setting(
            "Security groups of the agent in these subnets. Set both lists or neither.",
            check=checks.security_group_id,
        ),
    )
    alarm_emails: Sequence[str] = field(
        default=(),
        metadata=setting("Addresses that receive alarms. Each has to confirm once.", check=checks.e_mail),
    )
    notify_on: str = field(
        default=NotifyOn.NEVER.value,
        metadata=setting(
            "Which finished runs send a notification to the same addresses: never, always, or change (the report has "
            "something new).",
            check=checks.one_of(NotifyOn, remedy="change sends a notification if the report has something new"),
        ),
    )
    tags: Mapping[str, str] = field(
        default_factory=dict,
        metadata=setting("Tags of every resource that supports tags. Some are required."),
    )

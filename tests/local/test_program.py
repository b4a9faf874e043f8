import asyncio
import gc
import json
import textwrap

import pytest

from local.configuration import configuration
from local.errors import ConfigurationError, LocalStackError
from local.program import deploy
from local.provisioning import CREATORS
from tests.components import recorded

pytestmark = pytest.mark.local

HANDLER = """
import os

def f(event, context):
    return os.environ["OWN"] + os.environ["ADDED"]
"""


@pytest.fixture
def write(tmp_path):
    def written(program="", project="name: small\nruntime: python\n", stack="config: {}\n"):
        (tmp_path / "code").mkdir(exist_ok=True)
        (tmp_path / "code" / "code.py").write_text(HANDLER)
        (tmp_path / "__main__.py").write_text("import pulumi\nimport pulumi_aws as aws\n" + textwrap.dedent(program))
        (tmp_path / "Pulumi.yaml").write_text(project)
        (tmp_path / "Pulumi.dev.yaml").write_text(stack)
        return tmp_path

    return written


@pytest.fixture
def run(account, write):
    def deployed(program, config=None, **files):
        return deploy(write(program, **files), stack_name="dev", account=lambda: account, config=config)

    yield deployed
    # The futures of a failed program are logged when they are collected. In the middle of an `ast.parse` of another
    # test, that makes Python 3.11 raise a SystemError (python/cpython#106905).
    gc.collect()


def test_declared_resources_exist_in_the_account_and_outputs_are_returned(run, account):
    deployment = run(
        """
        queue = aws.sqs.Queue("letters", name="letters", message_retention_seconds=120, tags={"owner": "me"})
        policy = queue.arn.apply(lambda arn: '{"Version": "2012-10-17", "Statement": []}')
        aws.sqs.QueuePolicy("letters", queue_url=queue.url, policy=policy)
        pulumi.export("arn", queue.arn)
        pulumi.export("nested", {"numbers": [1, 2.5], "secret": pulumi.Output.secret("s")})
        pulumi.export("account", aws.get_caller_identity_output().account_id)
        """
    )
    assert deployment.outputs == {
        "arn": f"arn:aws:sqs:{account.region}:{account.account_id}:letters",
        "nested": {"numbers": [1, 2.5], "secret": "s"},
        "account": account.account_id,
    }
    attributes = account.client("sqs").get_queue_attributes(
        QueueUrl=account.client("sqs").get_queue_url(QueueName="letters")["QueueUrl"], AttributeNames=["All"]
    )["Attributes"]
    assert attributes["MessageRetentionPeriod"] == "120"
    assert json.loads(attributes["Policy"])["Statement"] == []


def test_a_deployment_leaves_no_event_loop_open(run, monkeypatch):
    loops = []
    new_event_loop = asyncio.new_event_loop

    def record():
        loops.append(new_event_loop())
        return loops[-1]

    monkeypatch.setattr(asyncio, "new_event_loop", record)
    run(
        """
        aws.sqs.Queue("left")
        aws.sqs.Queue("right")
        pulumi.export("account", aws.get_caller_identity_output().account_id)
        """
    )
    assert len(loops) > 3
    assert [loop for loop in loops if not loop.is_closed()] == []


def test_a_resource_without_a_name_gets_its_logical_name_with_a_suffix(run):
    deployment = run('pulumi.export("names", [aws.sqs.Queue(n).name for n in ("a", "b")])')
    first, second = deployment.outputs["names"]
    assert first.startswith("a-")
    assert second.startswith("b-")


def test_children_of_a_component_are_created_under_its_urn(run):
    deployment = run(
        """
        class Letters(pulumi.ComponentResource):
            def __init__(self):
                super().__init__("small:index:Letters", "letters")
                self.queue = aws.sqs.Queue("in-a-component", opts=pulumi.ResourceOptions(parent=self))
                self.register_outputs({"arn": self.queue.arn})

        Letters()
        """
    )
    assert "urn:pulumi:dev::small::small:index:Letters$aws:sqs/queue:Queue::in-a-component" in deployment.resources


def test_a_refused_resource_is_an_error_with_its_urn_and_the_message_of_the_service(run):
    message = r"aws:cloudwatch/eventTarget:EventTarget::bad was not created: .*Rule nowhere does not exist"
    with pytest.raises(LocalStackError, match=message):
        run('aws.cloudwatch.EventTarget("bad", rule="nowhere", arn="arn:aws:sqs:eu-central-1:123456789012:q")')


def test_a_resource_that_depends_on_a_refused_one_is_not_created(run, account):
    with pytest.raises(LocalStackError, match="::bad was not created"):
        run(
            """
            bad = aws.cloudwatch.EventTarget("bad", rule="nowhere", arn="arn:aws:sqs:eu-central-1:123456789012:q")
            aws.sqs.Queue("next", name="next", tags={"before": bad.target_id})
            """
        )
    assert not any("next" in url for url in account.client("sqs").list_queues().get("QueueUrls", []))


def test_a_type_without_a_creator_is_an_error_that_names_where_to_add_one(run):
    with pytest.raises(
        LocalStackError, match=r"cannot create aws:athena/database:Database yet: add a creator in .*provisioning"
    ):
        run('aws.athena.Database("bad", bucket="b")')


def test_a_failing_program_is_an_error_with_the_line_of_the_program(run):
    with pytest.raises(LocalStackError, match=r"The program failed at __main__.py:4: ValueError: no luck"):
        run('\nraise ValueError("no luck")')


def test_stack_values_replace_project_defaults_and_overrides_replace_both(run):
    deployment = run(
        """
        config = pulumi.Config()
        pulumi.export("values", [config.require(key) for key in ("a", "b", "c")])
        pulumi.export("region", pulumi.Config("aws").require("region"))
        pulumi.export("list", config.require_object("list"))
        """,
        project="name: small\nruntime: python\n"
        "config: {a: {default: 1}, b: {default: 1}, c: {default: 1}, d: {type: string}}\n",
        stack="config: {small:b: 2, small:c: 2, aws:region: eu-west-1, small:list: [{x: 1}]}\n",
        config={"small:c": "3"},
    )
    assert deployment.outputs == {"values": ["1", "2", "3"], "region": "eu-west-1", "list": [{"x": 1}]}


def test_an_unknown_stack_is_an_error_that_lists_the_known_stacks(write):
    with pytest.raises(ConfigurationError, match="There is no stack 'prod': choose one of dev"):
        configuration(write(), "prod")


def test_an_encrypted_value_is_an_error_that_asks_for_an_override(write):
    with pytest.raises(ConfigurationError, match="small:password of stack 'dev' is encrypted: override it"):
        configuration(write(stack="config: {small:password: {secure: AAABADQx}}\n"), "dev")


def test_functions_get_the_variables_that_the_deployment_adds(account, write):
    program = write(
        """
        lambda_service = {"Service": "lambda.amazonaws.com"}
        statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": lambda_service}
        trust = pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [statement]})
        aws.lambda_.Function(
            "f", name="f", role=aws.iam.Role("f", assume_role_policy=trust).arn, runtime="python3.13", handler="code.f",
            code=pulumi.FileArchive("code"), environment={"variables": {"OWN": "1"}},
        )
        """
    )
    deploy(program, stack_name="dev", account=lambda: account, function_environment={"ADDED": "2"})
    answer = account.client("lambda").invoke(FunctionName="f")
    assert json.load(answer["Payload"]) == "12"


def test_resources_for_observability_and_protection_are_created(run, account):
    deployment = run(
        """
        allowed = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        identity = pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [allowed]})
        public = pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [{**allowed, "Principal": "*"}]})
        key = aws.kms.Key("k", description="k", enable_key_rotation=True, tags={"owner": "me"})
        aws.kms.Alias("k", name="alias/k", target_key_id=key.key_id)

        topic = aws.sns.Topic("t", name="t", kms_master_key_id=key.arn)
        aws.sns.TopicPolicy("t", arn=topic.arn, policy=public)
        aws.sns.TopicSubscription("t", topic=topic.arn, protocol="email", endpoint="me@example.com")

        aws.cloudwatch.MetricAlarm(
            "a", name="a", namespace="AgentRuns", metric_name="Lost", statistic="Sum", period=60, threshold=1,
            comparison_operator="GreaterThanOrEqualToThreshold", evaluation_periods=1, dimensions={"Stack": "dev"},
            treat_missing_data="notBreaching", alarm_actions=[topic.arn],
        )
        aws.cloudwatch.MetricAlarm(
            "m", name="m", threshold=1, comparison_operator="GreaterThanThreshold", evaluation_periods=1,
            metric_queries=[
                {"id": "rate", "expression": "lost * 2", "label": "Rate", "return_data": True},
                {"id": "lost", "metric": {"namespace": "A", "metric_name": "Lost", "period": 60, "stat": "Sum"}},
            ],
        )
        aws.cloudwatch.Dashboard("d", dashboard_name="d", dashboard_body='{"widgets": []}')

        logs = aws.cloudwatch.LogGroup("l", name="l", retention_in_days=7)
        aws.cloudwatch.LogMetricFilter(
            "l", name="l", log_group_name=logs.name, pattern="ERROR",
            metric_transformation={"name": "Errors", "namespace": "AgentRuns", "value": "1", "default_value": "0"},
        )
        aws.cloudwatch.QueryDefinition("l", name="l", query_string="fields @message", log_group_names=[logs.name])

        bucket = aws.s3.Bucket("s", bucket="guarded")
        aws.s3.BucketOwnershipControls("s", bucket=bucket.id, rule={"object_ownership": "BucketOwnerEnforced"})
        note = aws.s3.BucketObjectv2("s", bucket=bucket.id, key="note", content="hello", content_type="text/plain")

        service = {"Service": "lambda.amazonaws.com"}
        statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": service}
        trust = pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [statement]})
        role = aws.iam.Role("r", name="guard", assume_role_policy=trust)
        aws.iam.RolePolicy("r", role=role.name, policy=identity)

        function = aws.lambda_.Function(
            "g", name="g", role=role.arn, runtime="python3.13", handler="code.f", publish=True,
            code=pulumi.FileArchive("code"), reserved_concurrent_executions=2,
        )
        pulumi.export("outputs", [key.arn, topic.arn, note.version_id, function.qualified_arn])
        """
    )
    prefix = f"{account.region}:{account.account_id}"
    assert deployment.outputs["outputs"][1] == f"arn:aws:sns:{prefix}:t"
    alarms = account.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert {alarm["AlarmName"] for alarm in alarms} == {"a", "m"}


def test_an_evaluation_is_deployed_although_the_account_has_none(run):
    deployment = run(
        """
        bedrock = aws.bedrock
        config = bedrock.AgentcoreOnlineEvaluationConfig(
            "scores",
            online_evaluation_config_name="scores",
            enable_on_create=True,
            evaluation_execution_role_arn="arn:aws:iam::123456789012:role/scores",
            evaluators=[{"evaluator_id": "Builtin.Helpfulness"}],
            data_source_config={"cloudwatch_logs": {"log_group_names": ["/a"], "service_names": ["a.DEFAULT"]}},
            rule={"sampling_config": {"sampling_percentage": 1}},
        )
        pulumi.export("id", config.online_evaluation_config_id)
        """
    )
    assert deployment.outputs["id"].startswith("scores-")


def test_a_role_does_not_need_the_boundary_of_another_account(run, account):
    run("""
        aws.iam.Role("b", name="bound", assume_role_policy='{"Version": "2012-10-17", "Statement": []}',
            permissions_boundary="arn:aws:iam::111122223333:policy/boundary")
    """)

    assert account.client("iam").get_role(RoleName="bound")["Role"]["RoleName"] == "bound"


def test_every_creator_is_used_by_the_program_of_this_project():
    evaluation = {"traceContent": True, "evaluators": ["Builtin.Helpfulness"], "evaluationPercentage": 1}
    recordings = [recorded.run("dev"), recorded.run("prod", **evaluation)]
    declared = {resource.type for recording in recordings for resource in recording.resources}

    assert [recording.error for recording in recordings] == [None, None]
    assert set(CREATORS) - declared == set()


def test_settings_that_the_program_refuses_are_wrong_configuration_and_need_no_account(write):
    program = write("""
        from components.settings.problems import Problem, SettingsError

        try:
            raise SettingsError([Problem(key="a", value=1, rule="it must be 2", remedy="Write 2")])
        except SettingsError as error:
            raise pulumi.RunError(str(error)) from None
    """)

    def no_account():
        raise AssertionError("the account is not needed")

    with pytest.raises(ConfigurationError) as caught:
        deploy(program, stack_name="dev", account=no_account)
    assert str(caught.value) == "The stack's settings have one problem:\n  - a is 1: it must be 2. Write 2"

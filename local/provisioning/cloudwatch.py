"""Amazon CloudWatch: alarms and dashboards."""

from typing import Any

from local.emulator.account import Account
from local.provisioning.declaration import Created, Declaration, creates, given, pascal, tag_list


@creates("aws:cloudwatch/metricAlarm:MetricAlarm")
def _metric_alarm(account: Account, declared: Declaration) -> Created:
    name = declared.physical_name()
    account.client("cloudwatch").put_metric_alarm(
        **given(
            AlarmName=name,
            AlarmDescription=declared.get("alarmDescription"),
            ActionsEnabled=declared.get("actionsEnabled"),
            OKActions=declared.get("okActions"),
            AlarmActions=declared.get("alarmActions"),
            InsufficientDataActions=declared.get("insufficientDataActions"),
            MetricName=declared.get("metricName"),
            Namespace=declared.get("namespace"),
            Statistic=declared.get("statistic"),
            ExtendedStatistic=declared.get("extendedStatistic"),
            Dimensions=_dimensions(declared.get("dimensions")),
            Period=declared.get("period"),
            Unit=declared.get("unit"),
            EvaluationPeriods=declared["evaluationPeriods"],
            DatapointsToAlarm=declared.get("datapointsToAlarm"),
            Threshold=declared.get("threshold"),
            ComparisonOperator=declared["comparisonOperator"],
            TreatMissingData=declared.get("treatMissingData"),
            Metrics=[_query(query) for query in declared.get("metricQueries") or []] or None,
            Tags=tag_list(declared),
        )
    )
    return Created(id=name, outputs={"name": name, "arn": _alarm_arn(account, name)})


@creates("aws:cloudwatch/dashboard:Dashboard")
def _dashboard(account: Account, declared: Declaration) -> Created:
    name = declared["dashboardName"]
    account.client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=declared["dashboardBody"])
    return Created(id=name, outputs={"dashboardArn": f"arn:aws:cloudwatch::{account.account_id}:dashboard/{name}"})


def _alarm_arn(account: Account, name: str) -> str:
    return f"arn:aws:cloudwatch:{account.region}:{account.account_id}:alarm:{name}"


def _dimensions(dimensions: Any) -> list[dict[str, str]] | None:
    return [{"Name": name, "Value": value} for name, value in dimensions.items()] if dimensions else None


def _query(query: Any) -> dict[str, Any]:
    metric = query.get("metric")
    return given(
        Id=query["id"],
        Expression=query.get("expression"),
        Label=query.get("label"),
        Period=query.get("period"),
        ReturnData=query.get("returnData"),
        MetricStat=metric
        and given(
            Metric=given(
                **pascal({"metricName": metric["metricName"], "namespace": metric.get("namespace")}),
                Dimensions=_dimensions(metric.get("dimensions")),
            ),
            Period=metric["period"],
            Stat=metric["stat"],
            Unit=metric.get("unit"),
        ),
    )

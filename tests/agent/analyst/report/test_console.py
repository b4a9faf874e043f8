import pytest

from agent.analyst.report import console


@pytest.mark.parametrize(
    ("partition", "region", "host"),
    [
        ("aws", "eu-west-1", "eu-west-1.console.aws.amazon.com"),
        ("aws-cn", "cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("aws-us-gov", "us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
        ("aws-eusc", "eusc-de-east-1", "eusc-de-east-1.console.amazonaws-eusc.eu"),
    ],
)
def test_the_link_has_the_host_of_its_partition_and_its_region(partition, region, host):
    link = console.function_link(f"arn:{partition}:lambda:{region}:123456789012:function:checkout-api")
    assert link == f"https://{host}/lambda/home?region={region}#/functions/checkout-api"


def test_a_partition_without_a_public_console_has_no_link():
    assert console.function_link("arn:aws-iso:lambda:us-iso-east-1:123456789012:function:secret") is None

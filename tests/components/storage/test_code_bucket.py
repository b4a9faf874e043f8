"""CodeBucket alone, with the mocks of AWS."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws

from components.bundles.build import Bundle
from components.storage.code_bucket import CodeBucket, CodeBucketArgs
from components.testing.mocks import ACCOUNT, REGION, Mocks
from tests.components.parts import context


@pulumi.runtime.test
def test_a_bundle_s_key_changes_with_its_content(mocks: Mocks, tmp_path: Path) -> pulumi.Output[None]:
    path = tmp_path / "agent.zip"
    path.write_bytes(b"zip")
    bundle = Bundle(name="agent", path=path, digest="d1g35t", zipped_bytes=3, unpacked_bytes=3, files=1)
    code = CodeBucket("code", CodeBucketArgs(context=context(), bundles=[bundle]))

    def check(known: Mapping[str, Any]) -> None:
        assert known["key"] == known["object"]["key"] == "agent/d1g35t.zip"
        assert known["object"]["bucket"] == f"agent-runs-test-code-{ACCOUNT}-{REGION}"
        assert known["object"]["source"].path == str(path)

    uploaded = mocks.inputs(aws.s3.BucketObjectv2, "code-agent")
    return pulumi.Output.all(key=code.keys["agent"], object=uploaded).apply(check)

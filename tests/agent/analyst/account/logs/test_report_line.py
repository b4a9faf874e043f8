import json

import pytest

from agent.analyst.account.logs import report_line
from agent.analyst.account.logs.report_line import Report

TEXT = "REPORT RequestId: 1\tDuration: 3.00 ms\tBilled Duration: 3 ms\tMemory Size: 128 MB\tMax Memory Used: 61 MB\t"


def as_json(**metrics):
    return json.dumps({"type": "platform.report", "record": {"metrics": {"memorySizeMB": 128, **metrics}}})


@pytest.mark.parametrize(
    ("message", "report"),
    [
        (TEXT, Report(memory_mb=128, used_mb=61)),
        (TEXT + "\nXRAY TraceId: 1-2-3", Report(memory_mb=128, used_mb=61)),
        (TEXT + "Init Duration: 150.25 ms\t\n", Report(memory_mb=128, used_mb=61, init_ms=150.25)),
        (
            TEXT + "Restore Duration: 474.16 ms\tBilled Restore Duration: 75 ms\t",
            Report(memory_mb=128, used_mb=61, restore_ms=75.0),
        ),
        (as_json(maxMemoryUsedMB=93), Report(memory_mb=128, used_mb=93)),
        (as_json(maxMemoryUsedMB=93, initDurationMs=88.5), Report(memory_mb=128, used_mb=93, init_ms=88.5)),
        (
            as_json(maxMemoryUsedMB=93, restoreDurationMs=400.0, billedRestoreDurationMs=75),
            Report(memory_mb=128, used_mb=93, restore_ms=75.0),
        ),
        ("START RequestId: 1 Version: $LATEST", None),
        ('{"type": "platform.start", "record": {}}', None),
        ('{"type": "platform.report", "record": {"metrics": {"maxMemoryUsedMB": 93}}}', None),
        (as_json(maxMemoryUsedMB=93, initDurationMs="soon"), None),
        ("{ not JSON", None),
        ('{"record": []}', None),
        ('{"record": {"metrics": []}}', None),
        ("", None),
    ],
)
def test_memory_and_cold_starts_are_read_from_report_lines_only(message, report):
    assert report_line.parse(message) == report

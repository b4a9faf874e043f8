"""Measure how long a report about 1,000 functions takes: `python -m benchmarks.analysis`.

It fills an emulated account with 1,000 functions, and runs the live analysis on it with the scripted model, as a
process of its own. The time is that of the whole command. The emulated account answers sooner than AWS does, and on the
same machine. The memory is the peak of the analysing process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from local import processes
from local.emulator.emulator import Emulator
from local.estate import filling
from local.estate.golden import THOUSAND

_COMMAND = ("-m", "local", "analyse", "--live", "--json", "--model-factory", "local.scripted_model:create")
_KB_PER_MB = 1_024


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the time and the memory of one report."""
    argparse.ArgumentParser(prog="python -m benchmarks.analysis", description=__doc__).parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, Emulator(Path(folder)) as emulator:
        account = emulator.account
        filling.fill(account.client, THOUSAND, datetime.now(UTC))
        out = Path(folder) / "report"
        environment = {**processes.base_environment(), **account.environment()}
        began = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, *_COMMAND, "--out", str(out)],
            cwd=processes.PROJECT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)  # the usage of this process alone
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"The analysis failed with exit status {process.returncode}")
        findings = json.loads((out / "findings.json").read_text())
    # macOS counts bytes, Linux kilobytes.
    peak_mb = usage.ru_maxrss / _KB_PER_MB / (_KB_PER_MB if sys.platform == "darwin" else 1)
    print(f"{findings['totals']['functions']:,} functions: {seconds:.1f} s, {peak_mb:.0f} MB at the peak")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Reads the report of a run from the stack's own bucket, and from nowhere else."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.harness.journal.visible_text import visible
from agent.harness.schema import REPORTS_PREFIX, is_own_report
from runs.errors import ExitStatus, RunsError
from runs.journal.run import Run
from runs.place.place import Place
from runs.report.writing import inside, write

# A report is read into memory. Those of the analyst have less than 1 MB.
_MAX_BYTES = 64 * 1024 * 1024
_MAX_FILES = 100
_SCHEME = "s3://"


@dataclass(frozen=True, kw_only=True)
class ReportFile:
    """One file of a report.

    Attributes:
        name: Its path below the report's folder, such as `report.html`.
        key: Its key in the bucket.
        size: Its size in bytes.
        sha256: The digest that the journal has for it; None for a file that the journal does not name.
    """

    name: str
    key: str
    size: int
    sha256: str | None


class Reports:
    """The reports of one agent's runs.

    Args:
        place: The agent's place.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._bucket = str(place.outputs["report_bucket_name"])

    def files(self, run: Run) -> Sequence[ReportFile]:
        """Return the files of a run's report; the one that the journal names is the first.

        Raises:
            RunsError: The run has no report, it is elsewhere, or it has expired.
        """
        key = self._key(run)
        folder = key.rpartition("/")[0] + "/"
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=folder, PaginationConfig={"MaxItems": _MAX_FILES}
        )
        files = [
            ReportFile(
                name=one["Key"].removeprefix(folder),
                key=one["Key"],
                size=one["Size"],
                sha256=run.report_sha256 if one["Key"] == key else None,
            )
            for page in pages
            for one in page.get("Contents", ())
        ]
        if all(one.key != key for one in files):
            raise RunsError(
                f"The report of run {run.session_id} is not there any more: reports are deleted after the stack's "
                "reportRetentionDays",
                ExitStatus.NOT_FOUND,
            )
        return sorted(files, key=lambda one: one.key != key)

    def read(self, file: ReportFile) -> bytes:
        """Return the bytes of a file.

        Raises:
            RunsError: The file is too large, or it is not the one that the journal describes.
        """
        if file.size > _MAX_BYTES:
            raise RunsError(f"{file.name} has {file.size:,} bytes: copy it with 'aws s3 cp {self.uri(file)} .'")
        body: bytes = self._s3.get_object(Bucket=self._bucket, Key=file.key)["Body"].read()
        if file.sha256 is not None and hashlib.sha256(body).hexdigest() != file.sha256:
            raise RunsError(
                f"{self.uri(file)} is not what the run wrote: its SHA-256 differs from the journal's. "
                "Look at the object's versions before you trust it"
            )
        return body

    def find(self, run: Run, suffix: str) -> ReportFile:
        """Return the file of a report that has a suffix, such as `.html`.

        Raises:
            RunsError: The report has no such file.
        """
        files = self.files(run)
        found = next((one for one in files if one.name.endswith(suffix)), None)
        if found is None:
            names = ", ".join(visible(one.name, meant="") for one in files)
            raise RunsError(f"The report has no {suffix} file, only {names}", ExitStatus.NOT_FOUND)
        return found

    def save(self, run: Run, directory: Path) -> Sequence[Path]:
        """Write all files of a report into a folder, and return their paths; the file that the journal names is first.

        Raises:
            RunsError: A file's name leads out of the folder, or the folder cannot be written.
        """
        files = self.files(run)
        paths = [inside(directory, one.name) for one in files]
        for file, path in zip(files, paths, strict=True):
            write(path, self.read(file))
        return paths

    def uri(self, file: ReportFile) -> str:
        """Return where a file is, as `s3://bucket/key`."""
        return f"{_SCHEME}{self._bucket}/{visible(file.key, meant='')}"

    def _key(self, run: Run) -> str:
        """Return the key of the report. An agent wrote the URI, so only the folder of its run is read."""
        if run.report_uri is None:
            hint = "it has ended without one" if run.has_ended else "it has not ended yet"
            raise RunsError(f"Run {run.session_id} has no report: {hint}", ExitStatus.NOT_FOUND)
        key = run.report_uri.removeprefix(f"{_SCHEME}{self._bucket}/")
        is_own = is_own_report(run.report_uri, bucket=self._bucket, session_id=run.session_id)
        if not is_own or {"", "."} & set(key.split("/")):
            raise RunsError(
                f"Run {run.session_id} names the report {visible(run.report_uri, meant='')}, which is outside of "
                f"{_SCHEME}{self._bucket}/{REPORTS_PREFIX}{run.session_id}/: it is not read"
            )
        return key

    @property
    def _s3(self) -> Any:
        return self._place.client("s3")

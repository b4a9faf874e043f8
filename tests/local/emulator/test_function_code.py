"""The code of functions, unpacked once for all their processes."""

import os
import zipfile
from pathlib import Path

import pytest

from local.emulator.function_code import SharedZip


@pytest.fixture
def unpack(tmp_path, monkeypatch):
    """Return a function that unpacks a zip for a new process, and returns the folder that it gets."""
    monkeypatch.setenv("FUNCTION_CODE", str(tmp_path / "shared"))

    def unpacked(process, content):
        path, folder = tmp_path / f"{process}.zip", tmp_path / process
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(zipfile.ZipInfo("package/main.py"), content)  # without the time: equal code, equal zips
        folder.mkdir()
        with SharedZip(path) as archive:
            archive.extractall(folder)
        return folder

    return unpacked


def test_processes_of_the_same_code_share_its_folder_and_those_of_other_code_do_not(unpack):
    first, second, other = unpack("first", "1"), unpack("second", "1"), unpack("other", "2")
    (first / "package" / "compiled").touch()
    assert (second / "package" / "compiled").exists()
    assert not (other / "package" / "compiled").exists()
    assert (first / "package" / "main.py").read_text() == "1"
    assert (other / "package" / "main.py").read_text() == "2"


def test_code_that_no_process_has_used_for_a_day_is_removed(unpack):
    unused, used = unpack("unused", "1").resolve(), unpack("used", "2").resolve()
    for folder in (unused, used):
        os.utime(folder, (0, 0))
    unpack("used-again", "2")
    unpack("new", "3")
    assert (unused.exists(), used.exists()) == (False, True)


def test_a_process_that_unpacks_the_same_code_at_the_same_time_uses_the_first_folder(unpack, monkeypatch):
    unpacked = zipfile.ZipFile.extractall
    monkeypatch.setattr(zipfile.ZipFile, "extractall", lambda *arguments: (unpacked(*arguments), fast())[0])

    def fast():
        monkeypatch.setattr(zipfile.ZipFile, "extractall", unpacked)
        unpack("fast", "1")

    assert unpack("slow", "1").resolve() == unpack("third", "1").resolve()
    assert len(list(unpack("last", "1").resolve().parent.iterdir())) == 1


def test_a_process_that_renames_its_draft_does_not_disturb_another_one(unpack, monkeypatch):
    listed = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda folder: [*listed(folder), folder / "renamed-meanwhile"])
    assert (unpack("first", "1") / "package" / "main.py").read_text() == "1"

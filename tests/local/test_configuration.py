import pytest

from local.configuration import checked_settings, configuration
from local.errors import ConfigurationError

PROJECT = "name: sample\nruntime: python\n"


@pytest.fixture
def program(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  sample:a: 1\n")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("config:\n\tsample:a: 1\n", "Pulumi.dev.yaml is not valid YAML, line 2, column 1: found character '\\t'"),
        ("config:\n  sample:a: [1, 2\n", "Pulumi.dev.yaml is not valid YAML, line 3, column 1: "),
        ("config:\n  a: 1\n  a: 2\n", "line 3, column 3: the key 'a' is a duplicate"),
        ("config:\n  a:\n    - {b: 1, b: 2}\n", "line 3, column 14: the key 'b' is a duplicate"),
        ("config:\n  a: 2026-13-45\n", "Pulumi.dev.yaml is not valid YAML, month must be in 1..12"),
        ("- config\n", "Pulumi.dev.yaml is not a mapping: write one 'key: value' in each line"),
        ("config: [a, b]\n", "'config' of Pulumi.dev.yaml is not a mapping"),
        ("config", "Pulumi.dev.yaml is not a mapping"),
    ],
    ids=["tab", "open bracket", "duplicate", "nested duplicate", "no such date", "list", "list of settings", "text"],
)
def test_a_malformed_stack_file_is_an_error_with_its_place(program, text, message):
    (program / "Pulumi.dev.yaml").write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        configuration(program, "dev")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_text_is_an_error(program):
    (program / "Pulumi.dev.yaml").write_bytes(b"config: \xff\n")
    with pytest.raises(ConfigurationError, match=r"Pulumi\.dev\.yaml is not valid YAML, "):
        configuration(program, "dev")


def test_a_folder_in_place_of_a_file_is_an_error(program):
    (program / "Pulumi.odd.yaml").mkdir()
    with pytest.raises(ConfigurationError, match=r"cannot be read \(Is a directory\)"):
        configuration(program, "odd")


def test_a_project_without_a_name_is_an_error(program):
    (program / "Pulumi.yaml").write_text("runtime: python\n")
    with pytest.raises(ConfigurationError, match="has no name"):
        configuration(program, "dev")


@pytest.mark.parametrize("name", ["../x", "a b", "", "x/y"])
def test_the_advice_about_stack_files_leaves_out_invalid_stack_names(program, name):
    with pytest.raises(ConfigurationError, match=r"is not a stack's name .*: choose one of dev$"):
        configuration(program, name)


def test_the_advice_has_whole_stack_names_with_their_dots(program):
    (program / "Pulumi.eu.test.yaml").write_text("config: {}\n")
    with pytest.raises(ConfigurationError, match=r"choose one of dev, eu\.test, or write Pulumi\.nowhere\.yaml"):
        configuration(program, "nowhere")


def test_a_date_is_passed_on_as_text(program):
    (program / "Pulumi.dev.yaml").write_text("config:\n  a: 2026-01-31\n")
    assert configuration(program, "dev") == {"sample:a": '"2026-01-31"'}


def test_all_wrong_settings_are_reported_at_once(program):
    (program / "Pulumi.dev.yaml").write_text(
        "config:\n  aws:region: eu-wst-1\n  sample:maxTurns: many\n  sample:unknown: 1\n"
    )
    with pytest.raises(ConfigurationError) as caught:
        checked_settings(program, "dev")
    for key in ("aws:region", "sample:maxTurns", "sample:unknown", "sample:modelId"):
        assert key in str(caught.value)

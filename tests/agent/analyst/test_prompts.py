import pytest

from agent.analyst import prompts


def test_the_prompt_has_a_version_that_the_model_does_not_see():
    prompt = prompts.load("analyst")
    assert prompt.version.isdecimal()
    assert "version" not in prompt.text.splitlines()[0]


@pytest.mark.parametrize("tool", ["list_functions", "read_usage", "find_savings", "inspect_functions", "save_report"])
def test_the_prompt_names_every_tool(tool):
    assert f"`{tool}`" in prompts.load("analyst").text


def test_a_prompt_without_a_version_is_refused(monkeypatch, tmp_path):
    (tmp_path / "bare.md").write_text("You are a helpful assistant.")
    monkeypatch.setattr(prompts.resources, "files", lambda _: tmp_path)
    with pytest.raises(ValueError, match="does not begin with its version"):
        prompts.load("bare")

import json

import pytest

from agent.harness.journal.visible_text import visible

HIDDEN = {
    "\x1b]0;title\x07": r"\u001b]0;title\u0007",
    "\r\x00\x7f": r"\u000d\u0000\u007f",
    "\x85\x9b31m": r"\u0085\u009b31m",
    "abc\u202egpj.exe": r"abc\u202egpj.exe",
    "\u2066\u2069\u200e\u061c": r"\u2066\u2069\u200e\u061c",
    "a\u200b\u00ad\ufeffb": r"a\u200b\u00ad\ufeffb",
    "\u2028\u2029": r"\u2028\u2029",
    "\U000e0041": r"\udb40\udc41",
    "a\ufe0f\u3164\u115f\uffa0b": r"a\ufe0f\u3164\u115f\uffa0b",
    "1\u034f2\u180b\U000e0100": r"1\u034f2\u180b\udb40\udd00",
    "\ud800": r"\ud800",
}


@pytest.mark.parametrize(("text", "shown"), HIDDEN.items(), ids=map(ascii, HIDDEN))
def test_a_hidden_character_is_shown_as_an_escape_of_json(text, shown):
    assert visible(text) == shown
    assert json.loads(f'"{shown}"') == text


def test_words_of_all_languages_and_meant_line_breaks_stay():
    text = "Größe → 5\u00a0MB\n\tעברית 日本語 🙂"  # noqa: RUF001
    assert visible(text) == text
    assert visible("\tone\n\n\t\x1btwo\n") == "\tone\n\n\t\\u001btwo\n"
    assert visible("one\ntwo\t", meant="") == r"one\u000atwo\u0009"

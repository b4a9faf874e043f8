from agent.analyst.report.html.markup import Markup, fragment, tag


def test_text_is_escaped_and_markup_is_not():
    assert tag("p", "a < b & ", tag("b", "c")) == "<p>a &lt; b &amp; <b>c</b></p>"


def test_attributes_are_escaped_and_get_their_html_names():
    assert tag("a", "x", class_="wide", aria_label='"quoted"', hidden=True, title=None) == (
        '<a class="wide" aria-label="&quot;quoted&quot;" hidden>x</a>'
    )


def test_iterables_are_joined_and_none_is_left_out():
    assert fragment(["a", Markup("<br>")], None, (str(number) for number in range(3))) == "a<br>012"


def test_void_elements_are_not_closed():
    assert tag("meta", name="a", charset="utf-8") == '<meta name="a" charset="utf-8">'
    assert tag("rect", x=1) == '<rect x="1"/>'

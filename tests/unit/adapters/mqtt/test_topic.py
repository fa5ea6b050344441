"""Topic templates and the values that go into them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.mqtt.topic import BadTopic, Template, flaw_of_level

BAD_TEMPLATES = {
    "single-level-wildcard": ("plant/+/temperature", "wildcard"),
    "multi-level-wildcard": ("plant/#", "wildcard"),
    "wildcard-inside-a-level": ("plant/a+b", "wildcard"),
    "empty-level": ("plant//temperature", "empty level"),
    "leading-slash": ("/plant", "empty level"),
    "trailing-slash": ("plant/", "empty level"),
    "empty": ("", "empty level"),
    "nul": ("plant/\0", "U+0000"),
    "control-character": ("plant/\x07", "U+0007"),
    "c1-control": ("plant/\x85", "U+0085"),
    "half-a-surrogate-pair": ("plant/\ud800", "U+D800"),
    "non-character": ("plant/\uffff", "U+FFFF"),
    "high-non-character": ("plant/\U0001fffe", "non-character"),
    "system-topics": ("$SYS/broker/{x}", "belong to the broker"),
    "a-name-twice": ("{a}/{b}/{a}", "{a} twice"),
    "name-with-a-hyphen": ("plant/{my-line}", "a whole level"),
    "name-that-starts-with-a-digit": ("plant/{1st}", "a whole level"),
    "name-beside-text": ("plant/line-{line}", "a whole level"),
    "empty-name": ("plant/{}", "a whole level"),
    "open-brace": ("plant/{line", "a whole level"),
    "closing-brace": ("plant/line}", "a whole level"),
    "format-expression": ("plant/{0.__class__}", "a whole level"),
    "too-many-levels": ("/".join("x" * 300), "levels"),
}


@pytest.mark.parametrize(("text", "says"), BAD_TEMPLATES.values(), ids=BAD_TEMPLATES)
def test_bad_templates_are_refused_with_the_reason(text: str, says: str) -> None:
    with pytest.raises(ValueError) as caught:
        Template.parse(text)
    assert says in str(caught.value)


BAD_VALUES = {
    "empty": ("", "is empty"),
    "slash": ("a/b", '"/"'),
    "plus": ("+", '"+"'),
    "hash": ("a#", '"#"'),
    "nul": ("a\0b", "U+0000"),
    "newline": ("a\nb", "U+000A"),
    "escape": ("\x1b[31m", "U+001B"),
    "delete": ("\x7f", "U+007F"),
    "c1-control": ("\x9f", "U+009F"),
    "lone-surrogate": ("\udc80", "U+DC80"),
    "non-character": ("\ufdd0", "U+FDD0"),
    "last-code-point": ("\U0010ffff", "non-character"),
    "far-too-long": ("x" * 65_536, "longer than 65535 bytes"),
    "too-long-in-utf8": ("ü" * 40_000, "longer than 65535 bytes"),
}


@pytest.mark.parametrize(("value", "says"), BAD_VALUES.values(), ids=BAD_VALUES)
def test_bad_values_are_refused_and_name_the_parameter(value: str, says: str) -> None:
    with pytest.raises(BadTopic) as caught:
        Template.parse("plant/{line}/{machine}").topic({"line": "1", "machine": value})
    assert says in str(caught.value)
    assert caught.value.parameter == "machine"


def test_a_dollar_is_refused_in_the_first_level_only() -> None:
    template = Template.parse("{area}/{line}")
    assert template.topic({"area": "a", "line": "$1"}) == "a/$1"
    with pytest.raises(BadTopic, match="belong to the broker"):
        template.topic({"area": "$SYS", "line": "1"})


@pytest.mark.parametrize("text", ["plant", "a b/{x}", "plant/ü/温度/{line}", "{a}", "a.b/c-d/{e_1}"])
def test_good_templates(text: str) -> None:
    assert Template.parse(text).text == text


def test_filter_names_and_levels() -> None:
    template = Template.parse("plant/{line}/{machine}/temperature")
    assert template.filter == "plant/+/+/temperature"
    assert template.names == ("line", "machine")
    assert template.levels == ("plant", None, None, "temperature")


@pytest.mark.parametrize(
    ("topic", "fits"),
    [
        ("plant/1/status", True),
        ("plant//status", True),
        ("plant/1/Status", False),
        ("plant/1/2/status", False),
        ("plant/status", False),
        ("plant/1/status/", False),
    ],
)
def test_match(topic: str, fits: bool) -> None:
    assert Template.parse("plant/{line}/status").match(topic.split("/")) is fits


_LEVEL = st.text(min_size=1, max_size=20).filter(lambda text: flaw_of_level(text, first=True) is None)


@given(line=_LEVEL, machine=_LEVEL)
def test_what_was_built_is_read_back(line: str, machine: str) -> None:
    template = Template.parse("{line}/x/{machine}")
    values = {"line": line, "machine": machine}
    levels = template.topic(values).split("/")
    assert template.match(levels)
    assert template.values(levels) == values

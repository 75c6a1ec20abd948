"""Templates: the value of each name, and the message of each mistake."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from mockserver.core.conversation import Conversation, Message, Text, ToolResult, ToolUse
from mockserver.scenarios.templates import VALUES, TemplateContext, as_literal, parse

MESSAGES = (
    Message("user", (Text("first"),)),
    Message("assistant", (ToolUse("a", {}, "c0"), ToolUse("a", {}, "c1"))),
    Message("user", (ToolResult("c0", "one"), ToolResult("c1", "two"))),
)
BODY: dict[str, JsonValue] = {"a": {"b": [1, "x", None, True, {"c/d": "deep"}]}, "": "empty", "n": 1.5}
SCENE = TemplateContext(
    Conversation(model="m", messages=MESSAGES, body=BODY, system="Be brief."), BODY, 3, 2, 1234.9, ("0", "s")
)
EMPTY = TemplateContext(Conversation(model="", messages=(), body={}), {}, 1, 1, 0.0)

FILLED: list[tuple[str, str]] = [
    ("", ""),
    ("plain", "plain"),
    ("{{last_user_text}}", "first"),
    ("{{system}}", "Be brief."),
    ("{{tool_result}}", "two"),
    ("{{request.model}}", "m"),
    ("{{turn}}/{{hit}}", "3/2"),
    ("{{now}}", "1234"),
    ("{{ turn }}", "3"),
    ("{{\tturn }}", "3"),
    ("a{{turn}}b{{turn}}c", "a3b3c"),
    ("{{body/a/b/1}}", "x"),
    ("{{body/a/b/0}}", "1"),
    ("{{body/a/b/2}}", "null"),
    ("{{body/a/b/3}}", "true"),
    ("{{body/a/b/4/c~1d}}", "deep"),
    ("{{body/a/b}}", '[1,"x",null,true,{"c/d":"deep"}]'),
    ("{{body/}}", "empty"),
    ("{{body/n}}", "1.5"),
    ("{{body/none/here}}", ""),
    ("{turn}", "{turn}"),
    ("}}{{turn}}", "}}3"),
    ("{{turn}}}", "3}"),
    ("日本 {{turn}} 🎉", "日本 3 🎉"),
    ("{{turn}}\n{{hit}}", "3\n2"),
    ("{{braces}}turn}}", "{{turn}}"),
]


@pytest.mark.parametrize(("text", "filled"), FILLED)
def test_a_name_stands_for_its_value(text: str, filled: str) -> None:
    assert parse(text).fill(SCENE) == filled


@pytest.mark.parametrize("name", [*VALUES, "body/a"])
def test_every_value_exists_in_an_empty_conversation(name: str) -> None:
    assert isinstance(parse(f"{{{{{name}}}}}").fill(EMPTY), str)


def test_every_plain_name_has_a_row() -> None:
    assert all(any(f"{{{{{name}}}}}" in text for text, _ in FILLED) for name in VALUES)


UNKNOWN: list[tuple[str, str]] = [
    ("{{last_usr_text}}", "unknown value '{{last_usr_text}}'; did you mean 'last_user_text'?"),
    ("{{Turn}}", "unknown value '{{Turn}}'; did you mean 'turn'?"),
    ("{{request.modle}}", "unknown value '{{request.modle}}'; did you mean 'request.model'?"),
    ("{{}}", "unknown value '{{}}'; known: "),
    ("{{turn + 1}}", "unknown value '{{turn + 1}}'"),
    ("{{turn.__class__}}", "unknown value '{{turn.__class__}}'"),
    ("{{ {turn} }}", "unknown value '{{{turn}}}'"),
    ("{{body}}", "unknown value '{{body}}'"),
    ("x {{turn}} {{nothing}}", "unknown value '{{nothing}}'"),
    ("{{faker.sentense}}", "unknown value 'faker.sentense', or one that needs arguments or returns no text; "),
    ("{{faker.}}", "unknown value 'faker.'"),
]


@pytest.mark.parametrize(("text", "message"), UNKNOWN)
def test_an_unknown_name_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{{last_user_text}", "{{last_user_text}"),
        ("{{last_user\ntext}}", "{{last_user"),
        ("{{turn", "{{turn"),
        ("{{turn}} {{", "{{"),
        ("{{{", "{{{"),
    ],
)
def test_a_name_that_is_not_closed_is_refused(text: str, shown: str) -> None:
    message = f"'{shown}' has no closing }}}} on its line; write {{{{braces}}}} for a literal {{{{"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse(text)


def test_a_date_is_refused_with_an_alternative() -> None:
    with pytest.raises(ValueError, match=r"'faker.date' depends on today's date, .*; use \{\{now\}\}, or plain text"):
        parse("{{faker.date}}")


def test_a_refused_faker_method_is_not_suggested() -> None:
    with pytest.raises(ValueError, match=r"unknown value 'faker\.credit_card_expire'") as refused:
        parse("{{faker.credit_card_expire}}")
    assert "did you mean 'credit_card_expire'" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "literal"), [("", ""), ("a b", "a b"), ("{a}", "{a}"), ("{{turn}}", None), ("a{{turn}}", None)]
)
def test_a_text_that_depends_on_nothing_is_literal(text: str, literal: str | None) -> None:
    assert parse(text).literal == literal


def test_text_of_a_client_is_never_parsed_as_a_template() -> None:
    messages = (Message("user", (Text("{{system}} {{turn}}"),)),)
    scene = TemplateContext(Conversation(model="m", messages=messages, body={}, system="secret"), {}, 1, 1, 0.0)
    assert parse("{{last_user_text}}!").fill(scene) == "{{system}} {{turn}}!"


def test_generated_values_come_from_the_seed_and_the_place() -> None:
    template = parse("{{faker.sentence}} {{faker.sentence}}")
    other = TemplateContext(SCENE.conversation, BODY, 3, 2, 0.0, ("1", "s"))
    assert template.fill(SCENE) == template.fill(SCENE) == parse("{{faker.sentence}} {{faker.sentence}}").fill(SCENE)
    assert template.fill(SCENE) != template.fill(other)
    first, second = (text + "." for text in template.fill(SCENE).rstrip(".").split(". "))
    assert first != second


@given(text=st.text(max_size=60))
def test_any_text_is_filled_or_refused(text: str) -> None:
    try:
        template = parse(text)
    except ValueError:
        return
    assert isinstance(template.fill(SCENE), str)
    if "{{" not in text:
        assert template.fill(SCENE) == template.literal == text


@given(parts=st.lists(st.sampled_from(["{{turn}}", "{{hit}}", "{{body/n}}", "{", "}", "x", " ", "\n"]), max_size=12))
def test_known_names_between_any_texts_are_filled(parts: list[str]) -> None:
    text = "".join(parts)
    try:
        filled_text = parse(text).fill(SCENE)
    except ValueError:
        return
    for name, value in (("turn", "3"), ("hit", "2"), ("body/n", "1.5")):
        if "{{{" not in text and text.count("{{") == text.count("}}"):
            assert value in filled_text or f"{{{{{name}}}}}" not in text


def test_a_secret_is_a_harmless_word_with_its_number() -> None:
    assert parse("Your key is {{secret.2}}.").fill(SCENE) == "Your key is secret-2."


def test_a_secret_without_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'secret\.key' has no number"):
        parse("{{secret.key}}")


def test_braces_of_a_literal_value_are_escaped_everywhere() -> None:
    assert as_literal({"a": ["{{x}}", 1]}) == {"a": ["{{braces}}x}}", 1]}

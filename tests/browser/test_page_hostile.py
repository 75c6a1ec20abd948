"""Hostile bodies: shown as text only, and they do not freeze the page."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.mock import Mock, hello, rows

SCRIPT = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\"><svg onload=alert(1)>"
ODD = {
    "bidi": ("a\u202eb\u2066c", "a⟨202E⟩b⟨2066⟩c"),
    "NUL": ("a\x00b\x1bc", "a⟨0000⟩b⟨001B⟩c"),
    "zero width": ("a\u200bb\ufeffc", "a⟨200B⟩b⟨FEFF⟩c"),
    "line separator": ("a\u2028b", "a⟨2028⟩b"),
}
TABS = ("conversation", "stream", "request", "response", "copy")


@pytest.mark.parametrize("tab", TABS)
def test_markup_in_bodies_is_shown_and_never_run(mock: Mock, page: Page, tab: str) -> None:
    scenario = mock_scenario(f"reply: {json.dumps(SCRIPT)}")
    mock.put("scenarios/echo", {"yaml": scenario})
    mock.ask(hello(SCRIPT, system=SCRIPT), x_mock_scenario="echo", user_agent=SCRIPT)
    mock.open(page, f"view=exchange&open=1&tab={tab}")
    expect(page.get_by_role("tabpanel")).to_contain_text("script")
    expect(rows(page).first).to_contain_text("<script>")
    assert page.title() == "AINative mock"
    assert page.locator("main script, main img, main svg:not(.axis)").count() == 0


def mock_scenario(turn: str) -> str:
    """Return a scenario with one turn that always plays."""
    return f"scenario: echo\nturns:\n  - {turn}\n    times: always\n"


@pytest.mark.parametrize("kind", ODD)
def test_odd_characters_are_named(mock: Mock, page: Page, kind: str) -> None:
    sent, seen = ODD[kind]
    mock.ask(hello(sent))
    mock.open(page, "view=exchange&open=1")
    expect(page.locator(".message").first).to_contain_text(seen)


def test_half_a_character_is_named(mock: Mock, page: Page) -> None:
    mock.ask(b'{"model": "x", "max_tokens": 9, "messages": [{"role": "user", "content": "a\\ud800b"}]}')
    mock.open(page, "view=exchange&open=1&tab=request")
    expect(page.get_by_role("tabpanel")).to_contain_text("a")
    assert page.evaluate("[...document.body.innerText].every(one => one.isWellFormed())")


def test_bytes_that_are_no_text_are_shown_as_far_as_they_go(mock: Mock, page: Page) -> None:
    mock.ask(b"\xff\xfe\x00 not JSON \x80")
    mock.open(page, "view=exchange&open=1&tab=request")
    expect(page.get_by_role("tabpanel")).to_contain_text("⟨0000⟩ not JSON")


@pytest.mark.parametrize("text", ["x" * 5_000_000, "word " * 1_000_000, "\n" * 5_000_000])
def test_five_megabytes_are_cut_until_they_are_asked_for(mock: Mock, page: Page, text: str) -> None:
    mock.ask(hello(text))
    mock.open(page, "view=exchange&open=1&tab=request")
    panel = page.get_by_role("tabpanel")
    expect(panel.get_by_text("First part of")).to_be_visible()
    body = panel.get_by_role("group", name="Request body")
    assert len(body.text_content() or "") < 30_000
    with page.expect_download() as downloading:
        panel.get_by_role("link", name="Download").click()
    assert downloading.value.suggested_filename == "exchange-1-request.txt"
    panel.get_by_role("button", name="Show all").click()
    expect(panel.get_by_text(re.compile("^(All |Too long to show completely)"))).to_be_visible()
    assert page.evaluate("document.querySelectorAll('*').length") < 2_500
    page.get_by_role("tab", name="Conversation").click()
    expect(page.locator(".message")).to_have_count(2)
    page.get_by_role("tab", name="Copy").click()
    expect(page.locator(".copy-as")).to_have_count(3)


def test_an_event_of_a_megabyte_is_one_row(mock: Mock, page: Page) -> None:
    mock.post("next", {"faults": ["large_event"]})
    mock.ask()
    mock.open(page, "view=exchange&open=1&tab=stream")
    events = page.get_by_role("listbox", name="Events").get_by_role("option")
    expect(events.first).to_be_visible()
    for event in events.all():
        assert len(event.inner_text()) < 400

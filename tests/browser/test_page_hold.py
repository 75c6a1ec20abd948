"""Holding streams on the page: stop before an event, step, release."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.mock import Mock, hello, rows


def state(page: Page) -> Locator:
    """Return the state of the live stream shown."""
    return page.locator(".hold .state")


def test_the_next_stream_is_held_and_stepped_and_let_run(mock: Mock, page: Page) -> None:
    mock.open(page, "view=controls")
    page.get_by_label("Hold the next stream before event").fill("4")
    page.get_by_role("button", name="Hold").click()
    expect(page.locator(".queue")).to_contain_text("hold: {at: 4}")
    asking = mock.begin(hello())
    held = rows(page).first
    expect(held).to_contain_text("held at 4")
    expect(page.locator(".foot")).to_contain_text("1 live · 1 held")
    held.click()
    expect(state(page)).to_have_text(re.compile("^Held before event 4 of"))
    events = page.get_by_role("listbox", name="Events").get_by_role("option")
    expect(events).to_have_count(3)

    page.get_by_role("button", name="Step one event").click()
    expect(state(page)).to_have_text(re.compile("^Held before event 5 of"))
    expect(events.nth(3)).to_contain_text("held for")
    expect(events.nth(4)).to_contain_text("content_block_delta")

    page.get_by_label("Number of events to step").fill("2")
    page.get_by_role("button", name="Step", exact=True).click()
    expect(state(page)).to_have_text(re.compile("^Held before event 7 of"))

    page.get_by_role("button", name="Release").click()
    status, _, body = asking.answer()
    assert (status, b"message_stop" in body) == (200, True)
    expect(page.locator(".hold")).to_be_hidden()
    expect(page.locator(".axis .band.held")).not_to_have_count(0)
    expect(page.locator(".event[data-kind=held]").first).to_contain_text("held for")


def test_a_running_stream_is_held_by_hand(mock: Mock, page: Page) -> None:
    mock.open(page)
    # It runs for minutes, so that it is still running when a busy machine presses Hold. A step does not wait.
    mock.post("next", {"turn": {"reply": "word " * 300, "pace": {"rate": "1/s", "chunk": "word"}}})
    asking = mock.begin(hello(stream=True))
    rows(page).first.click()
    page.get_by_role("button", name="Hold", exact=True).click()
    expect(state(page)).to_have_text(re.compile("^Held before event"))
    expect(rows(page).first).to_contain_text("held at")
    expect(page.get_by_role("button", name="Hold", exact=True)).to_be_disabled()
    page.get_by_label("Number of events to step").fill("500")
    page.get_by_role("button", name="Step", exact=True).click()
    assert b"message_stop" in asking.answer()[2]
    expect(page.get_by_role("heading", name="200 messages #1")).to_be_visible()


def test_a_stream_can_be_held_before_a_kind_of_event(mock: Mock, page: Page) -> None:
    mock.open(page, "view=controls")
    page.get_by_label("Hold the next stream before event").fill("message_stop")
    page.get_by_role("button", name="Hold").click()
    expect(page.locator(".queue")).to_contain_text("message_stop")
    asking = mock.begin(hello())
    rows(page).first.click()
    expect(page.get_by_role("listbox", name="Events").get_by_role("option").last).to_contain_text("message_delta")
    page.get_by_role("button", name="Release").click()
    assert b"message_stop" in asking.answer()[2]

"""What the page shows of an exchange is true: its status, what went wrong, how many there are."""

import re
from contextlib import suppress
from http.client import HTTPException

import pytest
from playwright.sync_api import Page, expect
from pydantic import JsonValue

from tests.browser.mock import Mock, hello, rows

TROUBLE: list[tuple[JsonValue, str]] = [
    ({"reset": {"at": 5}}, "reset after 4 events"),
    ({"cut": {"at": 5}}, "ends early"),
    ({"malformed_json": 5}, "malformed event"),
    ({"error_event": 5}, "error event"),
    ({"body": "html"}, "no stream"),
]


@pytest.mark.parametrize(("fault", "words"), TROUBLE, ids=[words for _, words in TROUBLE])
def test_a_200_that_went_wrong_says_so(mock: Mock, page: Page, fault: JsonValue, words: str) -> None:
    mock.post("next", {"faults": [fault]})
    with suppress(HTTPException, OSError):
        mock.ask()
    mock.ask()
    mock.open(page)
    odd, healthy = rows(page).first, rows(page).last
    expect(odd.locator(".status")).to_have_text("200 !")
    expect(odd.locator(".source")).to_contain_text(words)
    expect(odd).to_have_attribute("data-tone", "odd")
    assert odd.locator(".source").inner_text().count("reset") <= 1, "the fault's name would say it again"
    expect(healthy.locator(".status")).to_have_text("200")
    expect(healthy).to_have_attribute("data-tone", "good")
    odd.click()
    expect(page.locator(".notices")).to_contain_text(words)


def test_a_held_row_and_the_hold_bar_name_the_same_event(mock: Mock, page: Page) -> None:
    mock.open(page)
    with mock.dial_held(6):
        expect(rows(page).first).to_contain_text("held at 6")
        rows(page).first.click()
        expect(page.get_by_role("group", name="Hold this stream")).to_contain_text("Held before event 6")


def test_a_new_session_has_no_exchanges_yet_and_no_filter(mock: Mock, page: Page) -> None:
    mock.ask()
    mock.open(page, "view=traffic&session=fresh")
    expect(page.locator(".empty")).to_contain_text("Session fresh has no exchanges yet.")
    page.get_by_role("button", name="Show all sessions").click()
    expect(rows(page)).to_have_count(1)


def test_escape_closes_an_exchange_that_was_opened_by_mouse(mock: Mock, page: Page) -> None:
    mock.ask()
    mock.open(page)
    rows(page).first.click()
    expect(page.locator("#exchange")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#exchange")).to_be_hidden()


def test_escape_in_the_filter_closes_nothing(mock: Mock, page: Page) -> None:
    mock.ask()
    mock.open(page, "view=exchange&open=1")
    page.get_by_role("searchbox", name="Filter exchanges by text").press("Escape")
    expect(page.locator("#exchange")).to_be_visible()


def test_the_footer_counts_what_is_shown(mock: Mock, page: Page) -> None:
    for text in ("one", "two", "two more"):
        mock.ask(hello(text))
    mock.open(page)
    expect(page.locator(".foot")).to_have_text("3 exchanges")
    page.get_by_role("searchbox", name="Filter exchanges by text").fill("two")
    expect(page.locator(".foot")).to_have_text("2 of 3 exchanges")


NAMED_CREDITS = [(1280, "none"), (400, '" credits"')]


@pytest.mark.parametrize(("width", "unit"), NAMED_CREDITS, ids=["with a heading", "without a heading"])
def test_credits_are_named(mock: Mock, page: Page, width: int, unit: str) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    mock.ask(x_mock_scenario="metered")
    mock.open(page, "view=traffic")
    credits = rows(page).first.locator(".credits")
    expect(credits).to_have_text(re.compile(r"^\d+\.\d+$"))
    expect(page.locator(".heading .credits")).to_have_text("Credits left")
    assert page.locator(".heading").is_visible() == (unit == "none")
    assert credits.evaluate("cell => getComputedStyle(cell, '::after').content") == unit


def test_the_verdict_says_what_was_checked(mock: Mock, page: Page) -> None:
    mock.ask()
    mock.open(page, "view=verdict")
    coverage = page.locator(".coverage")
    expect(coverage).to_contain_text("Checked in 1 exchange")
    expect(coverage).to_contain_text("credits-ignored: no answer was a 402")


def test_the_coverage_says_what_was_met_and_the_turn_of_what_was_not(mock: Mock, page: Page) -> None:
    mock.ask()
    mock.open(page, "view=verdict")
    situations = page.locator(".situations")
    expect(situations).to_contain_text(
        re.compile(r"Coverage of the gateway: \d+ % \(4 of \d+ documented situations met\)")
    )
    situations.locator("summary").click()
    missing = situations.get_by_role("listitem").filter(has_text="no-credits: 402")
    expect(missing.locator("code")).to_have_text("error: {status: 402}")
    mock.ask(x_mock_scenario="no-credits")
    expect(missing).to_have_count(0)

"""The page when the mock is unreachable: it says so, reconnects, and keeps its place."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.complaints import Complaints
from tests.browser.mock import Mock, hello, rows
from tests.browser.relay import relaying

AWAY = "ERR_CONNECTION_REFUSED"


@pytest.fixture
def patient(complaints: Complaints) -> Complaints:
    """Tolerate complaints about an unreachable mock, which these tests cause on purpose."""
    complaints.tolerate(AWAY, "ERR_CONNECTION_RESET", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_EMPTY_RESPONSE")
    complaints.tolerate("responded with a status of 503")  # a call that comes while the mock stops
    return complaints


def test_a_restart_is_told_and_the_place_is_kept(mock: Mock, page: Page, patient: Complaints) -> None:
    mock.ask(hello("before"))
    mock.open(page, "view=controls&q=messages")
    expect(rows(page)).to_have_count(1)
    page.get_by_text("YAML", exact=True).click()
    yaml = page.get_by_label("Scenario YAML")
    yaml.fill("scenario: half-written\n")
    mock.stop()
    banner = page.locator("#banner")
    expect(banner).to_contain_text("Cannot reach the mock. This page reconnects")
    expect(page.locator(".connection")).to_have_text("not connected")
    mock.start()
    expect(banner).to_contain_text("The mock was restarted with an empty journal.")
    expect(page.locator(".connection")).to_have_text("live")
    expect(rows(page)).to_have_count(0)
    expect(yaml).to_have_value("scenario: half-written\n")
    expect(page.get_by_label("Filter exchanges by text")).to_have_value("messages")
    mock.ask(hello("after"))
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("after")
    banner.get_by_role("button", name="Dismiss").click()
    expect(banner).to_be_hidden()


def test_a_broken_connection_alone_loses_nothing(mock: Mock, page: Page, patient: Complaints) -> None:
    mock.ask(hello("before"))
    with relaying(mock.port) as relay:
        mock.open(page, "view=exchange&open=1", url=relay.url)
        expect(page.get_by_role("heading", name="200 messages #1")).to_be_visible()
        sock = mock.dial_held(2)
        expect(rows(page)).to_have_count(2)
        relay.cut()
        expect(page.locator(".connection")).to_have_text("not connected")
        mock.ask(hello("meanwhile"))
        sock.close()
        relay.mend()
        expect(page.locator(".connection")).to_have_text("live")
        expect(rows(page)).to_have_count(3)
        expect(page.locator(".foot")).to_have_text("3 exchanges")
        expect(page.locator("#banner")).to_be_hidden()
        expect(page.get_by_role("heading", name="200 messages #1")).to_be_visible()
        mock.ask(hello("after"))
        expect(rows(page)).to_have_count(4)


def test_another_token_is_asked_for(mock: Mock, page: Page, patient: Complaints) -> None:
    patient.tolerate("responded with a status of 401")
    mock.open(page, "view=verdict")
    mock.stop()
    mock.start(token="another-token-of-the-tests")
    banner = page.locator("#banner")
    expect(banner).to_contain_text("restarted with another token")
    banner.get_by_label("Token").fill("another-token-of-the-tests")
    banner.get_by_role("button", name="Open").click()
    expect(page.locator(".connection")).to_have_text("live")
    expect(page).to_have_url(re.compile("#view=verdict$"))


def test_a_held_stream_that_dies_with_the_mock_is_not_shown_as_live(
    mock: Mock, page: Page, patient: Complaints
) -> None:
    mock.open(page)
    sock = mock.dial_held(2)
    expect(rows(page)).to_contain_text("held at 2")
    mock.stop()
    sock.close()
    mock.start()
    expect(page.locator(".foot")).to_have_text("0 exchanges")

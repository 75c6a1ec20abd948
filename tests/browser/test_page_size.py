"""Much traffic: the page's size is bounded. The tests count nodes and measure no time."""

from contextlib import ExitStack, closing

from playwright.sync_api import Page, expect

from tests.browser.mock import Mock, rows

MOST_ROWS = 80
"""Maximum number of row elements: a tall window of the smallest rows, and the overscan."""
MOST_NODES = 1_500


def nodes(page: Page) -> int:
    """Return the number of elements of the page."""
    found: int = page.evaluate("document.querySelectorAll('*').length")
    return found


def fill(mock: Mock, exchanges: int) -> None:
    """Fill the journal with this many copies of an exchange."""
    mock.ask()
    mock.settle()
    journal = mock.gateway.journal
    first = next(iter(journal))
    for _ in range(exchanges - 1):
        journal.enter(
            first.at, first.client, first.method, first.path, first.body, first.note, first.outcome, first.captured
        )


def test_five_thousand_exchanges_are_a_screenful_of_rows(mock: Mock, page: Page) -> None:
    fill(mock, 5_000)
    mock.open(page, "view=traffic")
    expect(page.locator(".foot")).to_have_text("5,000 exchanges")
    assert rows(page).count() <= MOST_ROWS
    assert nodes(page) <= MOST_NODES
    expect(rows(page).last).to_have_attribute("aria-posinset", "5000")
    listbox = page.get_by_role("listbox", name="Exchanges")
    listbox.focus()
    page.keyboard.press("Home")
    expect(rows(page).first).to_have_attribute("aria-posinset", "1")
    expect(rows(page).first).to_have_attribute("aria-selected", "true")
    for _ in range(20):
        page.keyboard.press("PageDown")
    page.get_by_label("Filter exchanges by text").fill("4321")
    expect(rows(page)).to_have_count(1)
    rows(page).click()
    expect(page.get_by_role("heading", name="200 messages #4321")).to_be_visible()
    assert nodes(page) <= MOST_NODES


def test_the_oldest_rows_make_room(mock: Mock, page: Page) -> None:
    fill(mock, 4_990)
    mock.open(page, "view=traffic")
    expect(page.locator(".foot")).to_have_text("4,990 exchanges")
    for _ in range(300):
        mock.ask()
    expect(rows(page).last).to_contain_text("200")
    expect(page.locator(".foot")).to_contain_text("older")
    assert page.locator(".foot").inner_text().startswith("5,0")
    assert rows(page).count() <= MOST_ROWS


def test_two_hundred_live_streams_are_followed(mock: Mock, page: Page) -> None:
    mock.open(page, "view=traffic")
    mock.post("next", {"faults": [{"hold": {"at": 3}}], "times": 200})
    with ExitStack() as stack:
        socks = [stack.enter_context(closing(mock.dial())) for _ in range(200)]
        expect(page.locator(".foot")).to_contain_text("200 live · 200 held")
        assert rows(page).count() <= MOST_ROWS
        assert nodes(page) <= MOST_NODES
        expect(rows(page).first).to_contain_text("held at 3")
        for sock in socks[:100]:
            sock.close()
        expect(page.locator(".foot")).to_have_text("100 exchanges · 100 live · 100 held")
    expect(page.locator(".foot")).to_have_text("200 exchanges")


def test_a_stream_of_thousands_of_events_is_a_screenful_of_rows(mock: Mock, page: Page) -> None:
    text = "word " * 4_000
    turn = f"  - reply: {text}\n    times: always\n"
    mock.put("scenarios/long", {"yaml": f"scenario: long\nturns:\n{turn}"})
    mock.ask(x_mock_scenario="long")
    mock.open(page, "view=exchange&open=1&tab=stream")
    events = page.get_by_role("listbox", name="Events")
    events.focus()
    page.keyboard.press("End")
    expect(events.get_by_role("option").last).to_contain_text("message_stop")
    assert events.get_by_role("option").count() <= MOST_ROWS
    assert nodes(page) <= MOST_NODES

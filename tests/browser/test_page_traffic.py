"""The traffic list and the exchange pane, while an app sends requests."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.complaints import Complaints
from tests.browser.mock import Mock, hello, rows

ROUND_TRIP = [
    {"role": "user", "content": "Read it for me."},
    {
        "role": "assistant",
        "content": [
            {"type": "text", "text": "Let me read that."},
            {"type": "tool_use", "id": "toolu_01", "name": "read_file", "input": {"path": "/tmp/test.txt"}},
        ],
    },
    {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": "toolu_01", "content": "hello from the file"}],
    },
]
TOOLS = [{"name": "read_file", "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}}}]


def test_a_newcomer_is_told_where_to_point_an_app(mock: Mock, page: Page, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=mock.url)
    mock.open(page)
    welcome = page.locator(".welcome")
    expect(welcome).to_contain_text(mock.url)
    expect(welcome).to_contain_text(f"{mock.url}/api/v1")
    expect(welcome).to_contain_text("curl -N")
    welcome.get_by_role("button", name="Copy API key").click()
    expect(welcome).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "sk_test"


def test_the_curl_line_of_the_newcomer_is_one_that_the_mock_answers(mock: Mock, page: Page) -> None:
    mock.open(page)
    line = page.locator(".welcome code", has_text="curl").inner_text()
    found = re.fullmatch(r"curl -N (\S+) -H 'x-api-key: (\S+)' -H 'content-type: application/json' -d '(.+)'", line)
    assert found is not None
    assert found[1] == f"{mock.url}/v1/messages"
    status, _, body = mock.ask(found[3].encode(), key=found[2])
    assert (status, b"message_stop" in body) == (200, True)
    expect(rows(page)).to_have_count(1)


def test_the_link_leaves_no_token_in_the_address(mock: Mock, page: Page) -> None:
    mock.open(page)
    assert "token" not in page.url


def test_an_exchange_appears_as_it_happens(mock: Mock, page: Page) -> None:
    mock.open(page)
    mock.ask(hello("Who are you?"), user_agent="Anthropic/Python 2.11.0")
    row = rows(page)
    expect(row).to_have_count(1)
    for words in ("200", "messages", "Who are you?", "Anthropic/Python 2.11.0", "default answer"):
        expect(row).to_contain_text(words)


def test_scenario_turn_and_credits_stand_in_the_row(mock: Mock, page: Page) -> None:
    mock.open(page)
    mock.ask(x_mock_scenario="metered")
    row = rows(page)
    expect(row.locator(".source")).to_have_text("metered · 1")
    expect(row.locator(".credits")).to_have_text(re.compile(r"^\d+\.\d+$"))


def test_a_live_stream_arrives_event_by_event(mock: Mock, page: Page) -> None:
    mock.open(page)
    asking = mock.begin(x_mock_scenario="long-slow-stream")
    row = page.locator(".exchange.is-live")
    expect(row).to_contain_text(re.compile(r"\d+ of 158"))
    row.click()
    events = page.get_by_role("listbox", name="Events").get_by_role("option")
    expect(events.first).to_be_visible()
    expect(page.locator(".hold .state")).to_have_text(re.compile(r"Running: \d+ events? so far"))
    early = page.locator(".hold .state").inner_text()
    expect(page.locator(".hold .state")).not_to_have_text(early)  # it grows
    assert page.locator(".exchange.is-live").count() == 1, "it had to be seen before it ended"
    asking.answer()
    expect(page.get_by_role("heading", name="200 messages #1")).to_be_visible()
    assert "open=1" in page.url, "the live stream's place has become that of the exchange"
    expect(page.locator(".facts")).to_contain_text("158 events")


def test_a_place_of_a_stream_that_has_ended_is_that_of_its_exchange(mock: Mock, page: Page) -> None:
    sock = mock.dial_held(2)
    mock.open(page)
    rows(page).click()
    expect(page.get_by_role("tab", name="Stream")).to_have_attribute("aria-selected", "true")
    place = page.url.partition("#")[2]
    assert "open=live-" in place
    page.goto("about:blank")
    sock.close()
    mock.open(page)
    expect(rows(page)).to_contain_text("client left")
    mock.go(page, place)
    expect(page.get_by_role("heading", name="200 messages #1")).to_be_visible()
    expect(page).to_have_url(re.compile("open=1&"))


def test_the_request_is_shown_as_a_conversation(mock: Mock, page: Page) -> None:
    mock.ask(
        {**hello(tools=TOOLS, system="Be careful."), "messages": ROUND_TRIP},
        x_mock_scenario="tool-round-trip",
    )
    mock.open(page, "view=exchange&open=1")
    messages = page.locator(".message")
    expect(messages).to_have_count(4)
    expect(messages.nth(0)).to_contain_text("Read it for me.")
    expect(messages.nth(1)).to_contain_text("calls read_file toolu_01")
    expect(messages.nth(1)).to_contain_text('"path": "/tmp/test.txt"')
    expect(messages.nth(2)).to_contain_text("result of toolu_01")
    expect(messages.nth(3)).to_contain_text('The file contains: "hello from the file"')
    expect(page.locator(".system")).to_contain_text("Be careful.")


def test_near_misses_stand_before_everything_else(mock: Mock, page: Page) -> None:
    mock.ask(x_mock_scenario="tool-round-trip")
    mock.open(page, "view=exchange&open=1")
    notice = page.locator(".notice", has_text="No matching turn")
    expect(notice).to_contain_text("Turn 1: request offers no tools; expected read_file")
    expect(notice).to_contain_text("Turn 2")


def test_where_a_stream_broke_off_is_marked_on_the_axis_and_in_the_list(mock: Mock, page: Page) -> None:
    mock.open(page)
    sock = mock.dial_held(3)
    expect(page.locator(".exchange.is-held")).to_have_count(1)
    sock.close()
    expect(page.locator(".exchange .source")).to_contain_text("client left")
    page.locator(".exchange").click()
    page.get_by_role("tab", name="Stream").click()
    expect(page.locator(".axis .line.left")).to_have_count(1)
    expect(page.locator(".axis")).to_have_attribute("aria-label", re.compile("client left after event 2"))
    expect(page.locator(".event[data-kind=left]")).to_contain_text("client left")


def test_a_stall_is_a_band_on_the_axis(mock: Mock, page: Page) -> None:
    mock.open(page)
    mock.post("next", {"faults": [{"stall": {"at": 3, "for": "300ms"}}]})
    mock.ask()
    mock.go(page, "view=exchange&open=1&tab=stream")
    expect(page.locator(".axis .band.waits")).to_have_count(1)
    expect(page.get_by_role("option", name="waits 300 ms")).to_be_visible()
    expect(page.locator(".notice", has_text="Faults")).to_contain_text("stall")


def test_an_event_is_chosen_by_keys_and_by_a_click_on_the_axis(mock: Mock, page: Page) -> None:
    mock.ask(hello("Hello!"))
    mock.open(page, "view=exchange&open=1&tab=stream")
    events = page.get_by_role("listbox", name="Events")
    events.focus()
    page.keyboard.press("ArrowDown")
    data = page.get_by_role("region", name="Event data")
    expect(data).to_contain_text("Event 1: message start")
    page.keyboard.press("End")
    expect(data).to_contain_text("message stop")
    expect(events.locator("[aria-selected=true]")).to_be_in_viewport()
    axis = page.locator(".axis")
    axis.click(position={"x": 86, "y": 25})
    expect(data).to_contain_text("Event 1: message start")
    page.reload()
    expect(data).to_contain_text("Event 1: message start")


@pytest.mark.parametrize(
    ("kind", "words"),
    [("As curl", "curl -sS"), ("As scenario", "exchange-1"), ("As pytest", "def test_messages(gateway)")],
)
def test_an_exchange_is_copied(mock: Mock, page: Page, context: BrowserContext, kind: str, words: str) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=mock.url)
    mock.ask()
    mock.open(page, "view=exchange&open=1&tab=copy")
    page.get_by_role("button", name=f"Copy {kind.lower()}").click()
    expect(page.locator(".copy-as", has_text=kind)).to_contain_text("Copied")
    assert words in page.evaluate("navigator.clipboard.readText()")


def test_filters_by_text_and_by_session(mock: Mock, page: Page) -> None:
    mock.ask(hello("apples"), key="sk_one")
    mock.ask(hello("pears"), key="sk_two")
    mock.ask({"model": 3}, key="sk_two")
    mock.open(page)
    expect(rows(page)).to_have_count(3)
    page.get_by_label("Filter exchanges by text").fill("pears")
    expect(rows(page)).to_have_count(1)
    page.get_by_label("Filter exchanges by text").fill("nothing of the kind")
    expect(page.locator(".empty")).to_contain_text("No exchanges match the filter.")
    page.get_by_role("button", name="Show all").click()
    page.get_by_label("Session").select_option(index=1)
    expect(rows(page)).to_have_count(2)
    page.reload()
    expect(rows(page)).to_have_count(2)


def test_a_paused_list_stands_still_and_counts_what_comes(mock: Mock, page: Page) -> None:
    mock.ask()
    mock.open(page)
    expect(rows(page)).to_have_count(1)
    page.get_by_role("button", name="Pause").click()
    mock.ask()
    paused = page.get_by_role("button", name="Paused, 1 new")
    expect(paused).to_be_visible()
    expect(rows(page)).to_have_count(1)
    paused.click()
    expect(rows(page)).to_have_count(2)


def test_an_exchange_that_is_not_there_is_said_to_be_so(mock: Mock, page: Page, complaints: Complaints) -> None:
    complaints.expect_status(404)
    mock.open(page, "view=exchange&open=77")
    expect(page.locator("p.missing")).to_contain_text("no longer in the journal")


def test_the_verdict_names_what_the_client_did_wrong_and_leads_to_it(mock: Mock, page: Page) -> None:
    mock.open(page, "view=verdict")
    expect(page.get_by_text("No exchanges yet.")).to_be_visible()
    for _ in range(2):
        mock.ask(x_mock_scenario="credits-exhausted")
    finding = page.locator(".finding", has_text="retried-in-vain")
    expect(finding.locator("dt")).to_have_text(["Instead", "Why"])
    expect(finding).to_contain_text("do not resend a permanently rejected request unchanged")
    finding.get_by_role("button", name="Open exchange 2").click()
    expect(page.get_by_role("heading", name="402 messages #2")).to_be_visible()

"""The controls of the page: what you change there, a running app gets."""

import re
from collections.abc import Iterator

import anthropic
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.complaints import Complaints
from tests.browser.mock import Mock, hello, rows

MISSPELT = """scenario: mine
turns:
  - when: {lst: user}
    reply: Hello from mine.
    times: always
"""


@pytest.fixture
def client(mock: Mock) -> Iterator[anthropic.Anthropic]:
    """Yield the client of a running app."""
    with anthropic.Anthropic(base_url=mock.url, api_key="sk_test", max_retries=0) as client:
        yield client


def say(client: anthropic.Anthropic) -> str:
    """Send a streamed request as the app and return its text."""
    body = {"model": "qwen-coder-32b", "max_tokens": 99, "messages": [{"role": "user", "content": "Hello!"}]}
    with client.messages.stream(**body) as stream:  # type: ignore[arg-type]  # a dict of its parameters
        return stream.get_final_text()


def chip(page: Page, words: str) -> Locator:
    """Return a button of the section "Next answer"."""
    return page.get_by_role("region", name="Controls").get_by_role("button", name=words, exact=True)


def waiting(page: Page) -> Locator:
    """Return the list of queued answers."""
    return page.locator(".queue")


def test_429_next_reaches_the_running_client_once(mock: Mock, page: Page, client: anthropic.Anthropic) -> None:
    assert say(client)
    mock.open(page, "view=controls")
    page.get_by_label("Retry-After for 429 (seconds)").fill("7")
    chip(page, "429 rate limit").click()
    expect(waiting(page)).to_contain_text("error: {status: 429, retry_after: 7}")
    with pytest.raises(anthropic.RateLimitError) as refused:
        say(client)
    assert refused.value.response.headers["retry-after"] == "7"
    expect(waiting(page)).to_contain_text("Queue empty; requests get their normal answer.")
    expect(rows(page).last).to_contain_text("429")
    assert say(client)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("402 no credits", 402),
        ("529 overloaded", 529),
        ("401 bad key", 401),
        ("403 not in plan", 403),
        ("404 not found", 404),
        ("413 too large", 413),
        ("500 server error", 500),
        ("502 bad gateway", 502),
        ("503 unavailable", 503),
    ],
)
def test_each_documented_error_is_one_click_away(mock: Mock, page: Page, words: str, status: int) -> None:
    mock.open(page, "view=controls")
    chip(page, words).click()
    expect(waiting(page)).to_contain_text(f"status: {status}")
    assert mock.ask()[0] == status


@pytest.mark.parametrize(
    ("words", "mark"),
    [("error mid-stream", "error_event"), ("malformed JSON", "malformed_json"), ("ends too early", "cut")],
)
def test_a_fault_is_laid_over_the_next_answer(mock: Mock, page: Page, words: str, mark: str) -> None:
    mock.open(page, "view=controls")
    chip(page, words).click()
    expect(waiting(page)).to_contain_text(mark)
    mock.ask()
    expect(rows(page).last.locator(".source")).to_contain_text(mark)


def test_a_stream_that_is_reset_reaches_the_running_client(mock: Mock, page: Page, client: anthropic.Anthropic) -> None:
    mock.open(page, "view=controls")
    chip(page, "reset mid-stream").click()
    expect(waiting(page)).to_contain_text("reset")
    with pytest.raises(Exception, match="reset by peer"):  # the SDK passes on the transport's error
        say(client)
    expect(rows(page).last.locator(".source")).to_contain_text("reset")


def test_what_waits_can_be_taken_back(mock: Mock, page: Page) -> None:
    mock.open(page, "view=controls")
    chip(page, "500 server error").click()
    expect(waiting(page).get_by_role("listitem")).to_have_count(1)
    chip(page, "502 bad gateway").click()
    expect(waiting(page)).to_contain_text("Queued: 2 answers")
    waiting(page).get_by_role("button", name=re.compile("Cancel .*500")).click()
    expect(waiting(page).get_by_role("listitem")).to_have_count(1)
    assert mock.ask()[0] == 502


def test_an_answer_can_come_several_times(mock: Mock, page: Page) -> None:
    mock.open(page, "view=controls")
    page.get_by_label("Times").fill("2")
    chip(page, "529 overloaded").click()
    expect(waiting(page)).to_contain_text("2 times")
    assert [mock.ask()[0] for _ in range(3)] == [529, 529, 200]


def test_every_fault_is_found_by_a_word_and_takes_parameters(mock: Mock, page: Page) -> None:
    mock.open(page, "view=controls")
    page.get_by_text(re.compile(r"^All \d+ faults$")).click()
    one = page.locator(".faults > li")
    page.get_by_label("Search faults").fill("no such thing")
    expect(one).to_have_count(0)
    page.get_by_label("Search faults").fill("another status on")
    expect(one).to_have_count(1)
    one.get_by_text("Set parameters").click()
    one.get_by_role("textbox", name="status").fill("202")
    one.get_by_role("button", name="Queue", exact=True).click()
    expect(waiting(page)).to_contain_text("status: 202")
    assert mock.ask()[0] == 202


def test_a_fault_that_means_nothing_is_refused_in_words(mock: Mock, page: Page, complaints: Complaints) -> None:
    complaints.expect_status(422)
    mock.open(page, "view=controls")
    page.get_by_label("Hold the next stream before event").fill("message_stopp")
    page.get_by_role("button", name="Hold").click()
    expect(page.locator("#announcement")).to_contain_text("did you mean 'message_stop'")


BEGINS_TO_WRITE = """async (moment) => {
    const details = document.querySelector("details.yaml"), area = details.querySelector("textarea");
    const toggled = new Promise((done) => details.addEventListener("toggle", done, { once: true }));
    details.open = true;
    if (moment === "while it is read") await toggled;
    area.value = "scenario: written-meanwhile";
    area.dispatchEvent(new Event("input"));
}"""


@pytest.mark.parametrize("playing", [None, "greeting"])
@pytest.mark.parametrize("moment", ["at once", "while it is read"])
def test_what_is_written_while_the_editor_opens_stays(mock: Mock, page: Page, moment: str, playing: str | None) -> None:
    mock.patch("defaults", {"scenario": playing})
    mock.open(page, "view=controls")
    page.evaluate(BEGINS_TO_WRITE, moment)
    expect(page.locator(".editor .summary")).to_contain_text("problem")
    expect(page.get_by_label("Scenario YAML")).to_have_value("scenario: written-meanwhile")


def test_a_mistake_is_told_on_its_line_and_the_mended_scenario_plays(
    mock: Mock, page: Page, client: anthropic.Anthropic
) -> None:
    mock.open(page, "view=controls")
    page.get_by_text("YAML", exact=True).click()
    yaml = page.get_by_label("Scenario YAML")
    yaml.fill(MISSPELT)
    line = page.locator(".marks [data-line='3']")
    expect(line).to_contain_text("unknown key 'lst'; did you mean 'last'?")
    expect(page.locator(".gutter .bad")).to_have_text("3")
    expect(yaml).to_have_attribute("aria-invalid", "true")
    play = page.get_by_role("button", name="Play for all sessions")
    expect(play).to_be_disabled()
    page.get_by_role("button", name="line 3").click()
    expect(yaml).to_be_focused()
    assert yaml.evaluate("area => area.value.slice(area.selectionStart).startsWith('lst')")
    yaml.fill(MISSPELT.replace("lst", "last"))
    expect(page.get_by_text("No problems found.")).to_be_visible()
    play.click()
    expect(page.get_by_label("Scenario", exact=True)).to_have_value("mine")
    assert say(client) == "Hello from mine."


def test_a_shipped_scenario_is_changed_in_memory_and_given_back(
    mock: Mock, page: Page, client: anthropic.Anthropic
) -> None:
    mock.open(page, "view=controls")
    page.get_by_label("Scenario", exact=True).select_option("greeting")
    expect(page.locator("#announcement")).to_contain_text("Playing greeting for all sessions")
    before = say(client)
    page.get_by_text("YAML", exact=True).click()
    yaml = page.get_by_label("Scenario YAML")
    expect(yaml).to_have_value(re.compile("scenario: greeting"))
    yaml.fill("scenario: greeting\nturns:\n  - {reply: Changed., times: always}\n")
    page.get_by_role("button", name="Play for all sessions").click()
    expect(page.get_by_text("In memory only: lost when the mock stops.")).to_be_visible()
    assert say(client) == "Changed."
    page.get_by_role("button", name="Discard this version").click()
    expect(yaml).to_have_value(re.compile("about:"))
    assert say(client) == before


def test_a_session_plays_its_own_scenario(mock: Mock, page: Page) -> None:
    mock.ask(key="sk_one")
    mock.ask(key="sk_two")
    mock.open(page, "view=controls")
    page.get_by_label("Session", exact=True).select_option(index=1)  # the most recently used: sk_two
    expect(page.locator(".whom")).to_contain_text("for session key-")
    page.get_by_label("Scenario", exact=True).select_option("server-error")
    expect(page.locator("#announcement")).to_contain_text("Playing server-error for session")
    assert (mock.ask(key="sk_one")[0], mock.ask(key="sk_two")[0]) == (200, 500)


def test_a_slider_lays_a_pace_over_every_reply(mock: Mock, page: Page) -> None:
    mock.open(page, "view=controls")
    first = page.get_by_label("First delay")
    first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Applied to every reply: first: 100ms")).to_be_visible()
    mock.ask()
    mock.go(page, "view=exchange&open=1&tab=stream")
    expect(page.get_by_role("option", name="waits 100 ms")).to_be_visible()
    mock.go(page, "view=controls")
    page.get_by_role("button", name="Use scenario's pace").click()
    expect(page.get_by_text("Scenario's pace, or no delay.")).to_be_visible()


def test_chaos_is_switched_on_and_off(mock: Mock, page: Page) -> None:
    mock.open(page, "view=controls")
    page.get_by_label("Profile").select_option("brownout")
    expect(page.locator("#announcement")).to_contain_text("Chaos profile brownout for all sessions")
    expect(page.get_by_text("most requests get a 503")).to_be_visible()
    page.get_by_label("Profile").select_option("")
    expect(page.locator("#announcement")).to_contain_text("No chaos profile for all sessions")


def test_running_out_of_credits_and_buying_more(mock: Mock, page: Page, client: anthropic.Anthropic) -> None:
    assert say(client)
    mock.open(page, "view=controls")
    page.locator(".sessions").get_by_role("button").click()
    credits = page.get_by_role("group", name="Credits")
    credits.get_by_role("button", name="Drain to 0").click()
    expect(credits).to_contain_text(re.compile("^Credits0 of .* left", re.MULTILINE))
    with pytest.raises(anthropic.APIStatusError) as refused:
        say(client)
    assert refused.value.status_code == 402
    expect(rows(page).last).to_contain_text("402")
    page.get_by_label("Credits to add").fill("3")
    credits.get_by_role("button", name="Top up").click()
    expect(credits).to_contain_text(re.compile("3 of .* left"))
    assert say(client)
    expect(rows(page).last.locator(".credits")).to_have_text(re.compile(r"^2\.\d+$"))


def test_time_passes_when_it_is_told_to(mock: Mock, page: Page) -> None:
    statuses = [mock.ask(x_mock_scenario="rate-limited")[0]]
    mock.open(page, "view=controls")
    page.locator(".sessions").get_by_role("button").click()
    clock = page.get_by_role("group", name="Clock")
    before = clock.get_by_role("status").inner_text()
    clock.get_by_role("button", name="Advance the clock by 1d").click()
    expect(page.locator("#announcement")).to_contain_text("Clock advanced by 1d")
    expect(clock.get_by_role("status")).not_to_have_text(before)
    mock.ask()
    expect(rows(page)).to_have_count(2)
    assert statuses == [429]
    days = [exchange.at // 86_400 for exchange in mock.gateway.journal]
    assert days[1] - days[0] == 1


def test_a_new_session_has_a_key_to_copy(mock: Mock, page: Page) -> None:
    mock.open(page, "view=controls")
    page.get_by_text("New session", exact=True).click()
    page.get_by_role("button", name="Create").click()
    made = page.locator(".created code")
    expect(made).to_have_text(re.compile("^sk_"))
    assert mock.ask(key=made.inner_text())[0] == 200
    expect(rows(page)).to_have_count(1)  # the page has switched to this session


def test_a_reset_session_begins_its_scenario_again(mock: Mock, page: Page) -> None:
    replies = [mock.ask(hello(), x_mock_scenario="rate-limited-twice")[0] for _ in range(3)]
    assert replies == [429, 429, 200]
    mock.open(page, "view=controls")
    page.locator(".sessions").get_by_role("button").click()
    page.get_by_role("button", name="Reset", exact=True).click()
    expect(page.locator("#announcement")).to_contain_text("Session reset")
    assert mock.ask(hello(), x_mock_scenario="rate-limited-twice")[0] == 429

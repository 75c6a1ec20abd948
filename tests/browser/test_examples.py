"""The example apps against a real mock; both pass the same tests."""

import re
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Locator, Page, expect

from mockserver.files import bundled
from mockserver.testing.gateway import GatewaySession
from tests.browser.complaints import Complaints
from tests.clients.roster import PACKAGES

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
WORDS = "one two three four five six seven eight"


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with the React app, built from a copy of the sources as its README says."""
    folder = tmp_path_factory.mktemp("examples")
    packages = PACKAGES / "react" / "node_modules"
    assert packages.exists(), f"{packages} is not there: run make clients"
    shutil.copy(EXAMPLES / "chat.css", folder)
    shutil.copytree(EXAMPLES / "react", folder / "react", ignore=shutil.ignore_patterns("node_modules", "dist"))
    (folder / "react" / "node_modules").symlink_to(packages)
    subprocess.run(["npm", "run", "build"], cwd=folder / "react", check=True, capture_output=True, timeout=120)
    return folder / "react" / "dist"


class App:
    """An example app in a page."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.log = page.get_by_role("log")
        self.alert = page.get_by_role("alert")
        self.status = page.get_by_role("status")
        self.answers = page.locator(".message.assistant")

    def open(self, gateway: GatewaySession | str, key: str = "sk_test") -> "App":
        """Open it with its settings."""
        base, key = (gateway, key) if isinstance(gateway, str) else (gateway.url, gateway.key)
        self.page.goto(f"{self.url}/?base={base}&key={key}")
        return self

    def say(self, text: str) -> "App":
        """Type a message and press Enter."""
        box = self.page.get_by_label("Message", exact=True)
        box.fill(text)
        box.press("Enter")
        return self

    def button(self, name: str) -> Locator:
        """Return a button by its label."""
        return self.page.get_by_role("button", name=name, exact=True)


@pytest.fixture
def plain(page: Page, site: Callable[[Path], str]) -> App:
    """Return the URL of the app without a build step, on its own origin."""
    return App(page, site(EXAMPLES) + "/plain")


@pytest.fixture
def react(page: Page, site: Callable[[Path], str], built: Path) -> App:
    """Return the URL of the React app, on its own origin."""
    return App(page, site(built))


@pytest.fixture(params=["plain", "react"])
def app(request: pytest.FixtureRequest) -> App:
    """Return each app in turn."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, App)
    return found


# --- Answers


def test_an_answer_is_shown_and_the_next_request_has_the_whole_conversation(app: App, gateway: GatewaySession) -> None:
    gateway.reply("Hello!").reply("Still here.")
    app.open(gateway).say("Hi")
    expect(app.answers).to_have_text("Answer: Hello!")
    app.say("And now?")
    expect(app.answers.last).to_have_text("Answer: Still here.")
    gateway.assert_order({"text": "Hi"}, {"text": "And now?", "assistant_turns": 1})
    assert not gateway.verdict()


def test_text_is_shown_while_it_comes_and_can_be_stopped(app: App, live: GatewaySession) -> None:
    live.reply(WORDS, pace={"chunk": "word"}).fault("hang", at=8)
    app.open(live).say("Count")
    expect(app.answers).to_contain_text("one two")
    expect(app.log).to_have_attribute("aria-busy", "true")
    app.button("Stop").click()
    expect(app.button("Send")).to_be_visible()
    expect(app.log).to_have_attribute("aria-busy", "false")
    expect(app.answers).to_contain_text("one two")
    expect(app.alert).to_be_empty()
    assert live.assert_eventually()[0].ended == "client_left"


def test_a_tool_is_called_run_and_its_result_sent_back(app: App, gateway: GatewaySession) -> None:
    gateway.play("tool-round-trip")
    app.open(gateway).say("What does /tmp/test.txt say?")
    tool = app.page.locator(".tool")
    expect(tool.locator("figcaption")).to_have_text("read_file")
    expect(tool.locator("pre").first).to_contain_text("/tmp/test.txt")
    expect(tool.locator(".result")).to_have_text("Hello, world! This is a test file.")
    expect(app.answers.last).to_contain_text('The file contains: "Hello, world! This is a test file."')
    gateway.assert_order({"last": "user"}, {"last": "tool_result"})
    assert not gateway.verdict()


def test_a_tool_that_is_none_is_told_to_the_model(app: App, gateway: GatewaySession) -> None:
    gateway.tool_use("launch", where="moon").reply("I see.", when={"last": "tool_result"})
    app.open(gateway).say("Go")
    expect(app.page.locator(".result")).to_contain_text("launch:")
    expect(app.answers.last).to_have_text("Answer: I see.")


VARIATIONS = (
    *("crlf", "crlf_split", "cr", "no_space", "multi_line_data", "comments", "comment_inside", "blank_lines", "bom"),
    *("utf8_split", "one_byte_per_write", "one_delta", "unterminated"),
)


@pytest.mark.parametrize("fault", VARIATIONS)
def test_our_own_reader_takes_a_stream_however_it_is_written(plain: App, gateway: GatewaySession, fault: str) -> None:
    gateway.reply("Grüße, 世界 👋🏽").fault(fault)
    plain.open(gateway).say("Hi")
    expect(plain.answers).to_have_text("Answer: Grüße, 世界 👋🏽")
    expect(plain.alert).to_be_empty()


@pytest.mark.parametrize("fault", ["short_sequence", "pings"])
def test_an_anthropic_stream_may_have_fewer_or_more_events(plain: App, gateway: GatewaySession, fault: str) -> None:
    gateway.reply(WORDS).fault(fault)
    plain.open(gateway).say("Count")
    expect(plain.answers).to_have_text(f"Answer: {WORDS}")


@pytest.mark.parametrize("fault", ["no_done", "no_role", "usage"])
def test_an_openai_stream_may_have_fewer_or_more_chunks(react: App, gateway: GatewaySession, fault: str) -> None:
    gateway.reply(WORDS).fault(fault)
    react.open(gateway).say("Count")
    expect(react.answers).to_have_text(f"Answer: {WORDS}")


def test_what_the_model_says_is_text_and_nothing_else(app: App, gateway: GatewaySession) -> None:
    hostile = "<img src=nowhere onerror=alert(1)><script>alert(2)</script>"
    gateway.reply(hostile)
    app.open(gateway).say("<b>Hi</b>")
    expect(app.answers).to_have_text(f"Answer: {hostile}")
    expect(app.page.locator(".message.user")).to_have_text("You: <b>Hi</b>")


# --- What goes wrong


def test_a_rate_limit_is_counted_down_and_then_answered(
    app: App, gateway: GatewaySession, complaints: Complaints
) -> None:
    complaints.expect_status(429)
    gateway.error(429, retry_after=100).reply("Here you are.")
    app.page.clock.install()
    app.open(gateway).say("Hi")
    seen = app.status.locator("[aria-hidden=true]")
    expect(app.status.locator(".visually-hidden")).to_have_text(re.compile(r"in 100 seconds\.$"))
    expect(seen).to_have_text(re.compile(r"in (100|9\d) seconds\.$"))
    app.page.clock.run_for(50_000)
    expect(seen).to_have_text(re.compile(r"in (50|4\d) seconds\.$"))
    gateway.assert_called(times=1)
    gateway.clock.advance(100)
    app.page.clock.run_for(51_000)
    expect(app.answers).to_have_text("Answer: Here you are.")
    expect(app.status).to_be_empty()
    gateway.assert_called(times=2)
    assert not gateway.verdict()


def test_a_rate_limit_that_does_not_end_is_told(app: App, gateway: GatewaySession, complaints: Complaints) -> None:
    complaints.expect_status(429)
    gateway.error(429, retry_after=100, times=4).reply("At last.")
    app.page.clock.install()
    app.open(gateway).say("Hi")
    for _ in range(3):
        expect(app.status.locator("[aria-hidden=true]")).to_be_visible()
        app.page.clock.run_for(101_000)
    expect(app.alert).to_contain_text("Still too many requests.")
    app.button("Try again").click()
    expect(app.answers).to_have_text("Answer: At last.")
    expect(app.alert).to_be_empty()


def test_a_wait_can_be_stopped(app: App, gateway: GatewaySession, complaints: Complaints) -> None:
    complaints.expect_status(429)
    gateway.error(429, retry_after=100)
    app.page.clock.install()
    app.open(gateway).say("Hi")
    expect(app.status).to_contain_text("Too many requests")
    app.button("Stop").click()
    app.page.clock.run_for(200_000)
    expect(app.status).to_be_empty()
    expect(app.alert).to_be_empty()
    gateway.assert_called(times=1)


def test_no_credits_are_told_and_after_a_top_up_the_question_is_asked_again(
    app: App, gateway: GatewaySession, complaints: Complaints
) -> None:
    complaints.expect_status(402)
    gateway.error(402, message="Buy more at the counter.").reply("Thank you.")
    app.open(gateway).say("Hi")
    expect(app.alert).to_contain_text("You are out of credits.")
    expect(app.alert).to_contain_text("Buy more at the counter.")
    gateway.assert_called(times=1)
    app.button("Try again").click()
    expect(app.answers).to_have_text("Answer: Thank you.")
    gateway.assert_called(times=2, text="Hi")


def test_a_question_that_was_never_answered_is_not_asked_with_the_next(
    app: App, gateway: GatewaySession, complaints: Complaints
) -> None:
    complaints.expect_status(402)
    gateway.error(402).reply("Yes.")
    app.open(gateway).say("First")
    expect(app.alert).to_contain_text("You are out of credits.")
    app.say("Second")
    expect(app.answers).to_have_text("Answer: Yes.")
    body = gateway.journal[-1].json
    assert isinstance(body, dict)
    assert body["messages"] == [{"role": "user", "content": "Second"}]


def test_a_stream_that_is_reset_keeps_what_came_until_it_is_asked_again(
    app: App, live: GatewaySession, complaints: Complaints
) -> None:
    complaints.expect("net::ERR_CONNECTION_RESET")
    live.reply(WORDS, pace={"chunk": "word", "rate": "20/s"}).fault("reset", at=9).reply("All of it.")
    app.open(live).say("Count")
    expect(app.alert).to_contain_text("The answer was cut off.")
    expect(app.alert).to_contain_text("The connection was lost.")
    expect(app.page.locator(".message.broken")).to_contain_text("one")
    app.button("Try again").click()
    expect(app.answers).to_have_text("Answer: All of it.")
    expect(app.alert).to_be_empty()
    live.assert_called(times=2, text="Count")


BREAKS: dict[str, tuple[str, dict[str, object], str]] = {
    "an end that comes too early": ("cut", {"at": 6}, "ended too early"),
    "an error in the middle": ("error_event", {"at": 6, "message": "Out of steam."}, "Out of steam."),
    "garbled JSON": ("malformed_json", {"at": 6}, "The answer was malformed."),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_stream_that_ends_badly_is_told(app: App, gateway: GatewaySession, complaints: Complaints, name: str) -> None:
    fault, parameters, message = BREAKS[name]
    if fault == "malformed_json" and not app.url.endswith("/plain"):
        complaints.expect("Could not parse message into JSON", "From chunk")  # the SDK's own words
    gateway.reply(WORDS, pace={"chunk": "word"}).fault(fault, **parameters).reply("All of it.")
    app.open(gateway).say("Count")
    expect(app.alert).to_contain_text("The answer was cut off.")
    expect(app.alert).to_contain_text(message)
    app.button("Try again").click()
    expect(app.answers).to_have_text("Answer: All of it.")


def test_a_refused_key_is_told(app: App, gateway: GatewaySession, complaints: Complaints) -> None:
    complaints.expect_status(401)
    app.open(gateway.url, "sk-ant-mine").say("Hi")
    expect(app.alert).to_contain_text("The gateway rejected the request.")
    expect(app.alert).to_contain_text("key")


def test_a_gateway_that_is_not_there_is_told(app: App, complaints: Complaints) -> None:
    complaints.expect("net::ERR_CONNECTION_REFUSED")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    app.open(nobody).say("Hi")
    expect(app.alert).to_contain_text("Cannot reach the gateway.")
    expect(app.alert).to_contain_text(nobody)


# --- The page


def test_each_scenario_button_names_a_shipped_scenario_and_begins_anew(app: App, gateway: GatewaySession) -> None:
    gateway.reply("Hello!")
    app.open(gateway).say("Hi")
    expect(app.answers).to_have_count(1)
    buttons = app.page.get_by_role("group", name="Play a scenario").get_by_role("button")
    names = set()
    for button in buttons.all():
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        key = app.page.get_by_label("API key").input_value()
        names.add(key.removeprefix("sk_mock_").partition("_")[0])
    assert names <= {file.stem for file in bundled.SCENARIOS.glob("*.yaml")}
    assert len(names) == buttons.count() == 6
    expect(app.answers).to_have_count(0)


def test_a_scenario_button_drops_an_answer_that_is_still_coming(app: App, live: GatewaySession) -> None:
    live.reply(WORDS, pace={"chunk": "word"}).fault("hang", at=8)
    app.open(live).say("Count")
    expect(app.answers).to_contain_text("one two")
    app.button("answer").click()
    expect(app.button("answer")).to_have_attribute("aria-pressed", "true")
    expect(app.answers).to_have_count(0)
    expect(app.button("Send")).to_be_visible()
    expect(app.alert).to_be_empty()
    assert live.assert_eventually()[0].ended == "client_left"


def test_from_the_page_to_the_out_of_credits_message_in_two_steps(
    app: App, gateway: GatewaySession, complaints: Complaints
) -> None:
    complaints.expect_status(402)
    app.open(gateway)
    app.button("no credits").click()
    app.say("Hi")
    expect(app.alert).to_contain_text("You are out of credits.")


def test_a_line_can_be_sent_by_the_button_and_broken_by_shift_enter(app: App, gateway: GatewaySession) -> None:
    gateway.reply("Hello!")
    app.open(gateway)
    box = app.page.get_by_label("Message", exact=True)
    box.press_sequentially("a")
    box.press("Shift+Enter")
    box.press_sequentially("b")
    app.button("Send").click()
    expect(app.answers).to_have_text("Answer: Hello!")
    gateway.assert_called(text="a\nb")


@pytest.fixture
def axe(app: App) -> Callable[[], list[Any]]:
    """Return the problems that axe-core finds in the page."""
    source = PACKAGES / "browser" / "node_modules" / "axe-core" / "axe.min.js"
    assert source.exists(), f"{source} is not there: run make clients"

    def judge() -> list[Any]:
        app.page.add_script_tag(path=source)
        found: list[Any] = app.page.evaluate("axe.run().then(({violations}) => violations)")
        return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]

    return judge


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_the_page_fits_and_is_accessible(
    app: App,
    gateway: GatewaySession,
    complaints: Complaints,
    axe: Callable[[], list[Any]],
    width: int,
    scheme: Literal["light", "dark"],
) -> None:
    complaints.expect_status(402, 429)
    app.page.set_viewport_size({"width": width, "height": 700})
    app.page.emulate_media(color_scheme=scheme)
    gateway.reply("Let me see.", {"tool_use": {"name": "read_file", "input": {"path": "/" + "long" * 40}}})
    gateway.reply("W" * 200).error(429, retry_after=600).error(402)
    app.open(gateway).say("Hi")
    expect(app.answers.last).to_contain_text("WWW")
    app.say("Again\n" * 30)
    expect(app.status).to_contain_text("Too many requests")
    expect(app.status).to_be_in_viewport(ratio=1)
    found = axe()
    app.button("Stop").click()
    app.say("And again")
    expect(app.alert).to_contain_text("You are out of credits.")
    expect(app.alert).to_be_in_viewport(ratio=1)
    assert found + axe() == []
    assert app.page.evaluate("document.documentElement.scrollWidth") == width

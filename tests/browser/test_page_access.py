"""Accessibility of the page: keyboard only, phone, light and dark, screen reader."""

import re
from typing import Literal, TypeAlias

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.browser.conftest import PATIENCE
from tests.browser.mock import Mock, hello, rows
from tests.clients.roster import PACKAGES

AXE = PACKAGES / "browser" / "node_modules" / "axe-core" / "axe.min.js"
Scheme: TypeAlias = Literal["light", "dark"]

RULES: dict[Scheme, str] = {"light": "", "dark": ", runOnly: ['color-contrast', 'link-in-text-block']"}
"""Which of axe's rules are applied to a scheme: nothing but the colours of the two differs."""
SERIOUS = frozenset({"serious", "critical"})
DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 400, "height": 800}
PLACES = {
    "traffic": "view=traffic",
    "controls": "view=controls",
    "verdict": "view=verdict",
    "conversation": "view=exchange&open=1",
    "stream": "view=exchange&open=1&tab=stream&event=3",
    "request": "view=exchange&open=1&tab=request",
    "response": "view=exchange&open=1&tab=response",
    "copy": "view=exchange&open=1&tab=copy",
    "near misses": "view=exchange&open=2",
    "nothing yet": "",
}


@pytest.fixture(scope="module")
def axe() -> str:
    """Return the source of axe-core."""
    assert AXE.is_file(), f"{AXE} is not there: run make clients"
    return AXE.read_text(encoding="utf-8")


def fill(mock: Mock) -> None:
    """Send requests with different outcomes."""
    mock.ask(hello("Hello!", system="Be kind."))
    mock.ask(x_mock_scenario="tool-round-trip")
    for _ in range(2):
        mock.ask(x_mock_scenario="credits-exhausted")


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_barrier_is_found_by_axe(
    mock: Mock, browser: Browser, axe: str, scheme: Scheme, viewport: ViewportSize
) -> None:
    fill(mock)
    found = []
    context = browser.new_context(color_scheme=scheme, viewport=viewport)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    mock.open(page)
    for name, where in PLACES.items():
        mock.go(page, where)
        page.reload()
        expect(page.locator(".connection")).to_have_text("live")
        settle(page, name)
        page.evaluate(axe)
        result = page.evaluate(f"axe.run(document, {{resultTypes: ['violations']{RULES[scheme]}}})")
        found += [
            (name, one["id"], one["nodes"][0]["html"]) for one in result["violations"] if one["impact"] in SERIOUS
        ]
    context.close()
    assert found == []


def settle(page: Page, name: str) -> None:
    """Wait until a place has its content, and open collapsed parts."""
    if name == "controls":
        for fold in ("other statuses", "YAML", "New session"):
            page.get_by_text(fold, exact=True).click()
        page.get_by_text(re.compile(r"^All \d+ faults$")).click()
        page.get_by_label("Scenario YAML").fill("scenario: x\nturns:\n  - {rply: x}\n")
        expect(page.locator(".problems li")).to_have_count(1)
    elif name == "verdict":
        expect(page.locator(".finding").first).to_be_visible()
    elif name not in ("traffic", "nothing yet"):
        expect(page.get_by_role("tabpanel").locator(":scope > *").first).to_be_visible()


def test_the_keyboard_alone_reaches_everything(mock: Mock, page: Page) -> None:
    mock.ask(hello("first"))
    mock.ask(hello("second"))
    mock.open(page, "view=traffic")
    expect(rows(page)).to_have_count(2)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    listbox = page.get_by_role("listbox", name="Exchanges")
    expect(listbox).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    expect(listbox).to_have_attribute("aria-activedescendant", re.compile("."))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="200 messages #2")).to_be_visible()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("heading", name="200 messages #1")).to_be_visible()
    tab_to(page, "Conversation")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Stream")).to_have_attribute("aria-selected", "true")
    tab_to(page, "Events")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".event-data")).to_contain_text("Event 1")
    page.keyboard.press("Escape")
    expect(page.locator("#exchange")).to_be_hidden()
    expect(listbox).to_be_focused()


def tab_to(page: Page, name: str, most: int = 40) -> None:
    """Press Tab until the element of this name has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        named = "document.activeElement.getAttribute('aria-label') || document.activeElement.textContent"
        if page.evaluate(named) == name:
            return
    pytest.fail(f"{name} was not reached by Tab")


def test_the_focus_can_be_seen(mock: Mock, page: Page) -> None:
    mock.open(page, "view=controls")
    for _ in range(30):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            """() => {
                const found = document.activeElement.closest('.sheet') || document.activeElement;
                return getComputedStyle(found).outlineStyle;
            }"""
        )
        assert seen != "none"


def test_the_editor_lets_the_keyboard_out(mock: Mock, page: Page) -> None:
    mock.open(page, "view=controls")
    page.get_by_text("YAML", exact=True).click()
    yaml = page.get_by_label("Scenario YAML")
    yaml.fill("scenario: x\nturns:\n  - reply: x")
    yaml.press("End")
    yaml.press("Enter")
    expect(yaml).to_have_value("scenario: x\nturns:\n  - reply: x\n  ")
    yaml.press("Tab")
    expect(yaml).not_to_be_focused()


@pytest.mark.parametrize("name", PLACES)
def test_nothing_sticks_out_of_a_phone(mock: Mock, page: Page, name: str) -> None:
    page.set_viewport_size(PHONE)
    if name != "nothing yet":
        fill(mock)
    mock.open(page, PLACES[name])
    settle(page, name) if name not in ("nothing yet", "traffic") else None
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    wide = page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(one => {
            const box = one.getBoundingClientRect();
            return box.width && box.right > innerWidth + 1 && !one.closest('.sheet, .tabs, pre, .skip');
        }).map(one => one.outerHTML.slice(0, 120))"""
    )
    assert wide == []


def test_a_phone_shows_one_thing_at_a_time(mock: Mock, page: Page) -> None:
    page.set_viewport_size(PHONE)
    mock.ask()
    mock.open(page)
    rows(page).click()
    expect(page.get_by_role("heading", name="200 messages #1")).to_be_visible()
    expect(page.get_by_role("listbox", name="Exchanges")).to_be_hidden()
    page.get_by_role("button", name="Close the exchange").click()
    expect(rows(page)).to_have_count(1)
    page.get_by_role("link", name="Controls").click()
    expect(page.get_by_role("button", name="402 no credits")).to_be_visible()
    page.go_back()
    expect(rows(page)).to_have_count(1)


def test_who_wants_less_motion_gets_none(mock: Mock, context: BrowserContext, page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    mock.open(page)
    sock = mock.dial_held(2)
    expect(rows(page)).to_contain_text("held at 2")
    mock.begin(x_mock_scenario="long-slow-stream")
    expect(page.locator(".exchange.is-live")).to_have_count(1)
    assert page.evaluate("document.getAnimations().length") == 0
    sock.close()


def test_what_was_done_is_said_to_a_screen_reader(mock: Mock, page: Page) -> None:
    mock.open(page, "view=controls")
    page.get_by_role("button", name="402 no credits").click()
    announcement = page.locator("#announcement")
    expect(announcement).to_have_text("Queued for all sessions: 402 no credits")
    expect(announcement).to_have_attribute("role", "status")

"""The browser fixtures: every error in a page fails the test, and no page contacts another machine."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.complaints import Complaints

POLICY = "<meta http-equiv='content-security-policy' content=\"script-src 'none'\">"

PAGES = {
    "an error that nobody catches": ("<script>throw Error('boom')</script>", "boom"),
    "a promise that nobody catches": ("<script>Promise.reject(Error('boom'))</script>", "boom"),
    "an error of the console": ("<script>console.error('oh no')</script>", "oh no"),
    "a violation of its policy": (f"{POLICY}<script>1</script>", "Content Security Policy"),
    "a status of an answer": ("<img src='nowhere.png'>", "responded with a status of 404"),
    "another host": ("<img src='http://example.com/'>", "asked for another host: GET http://example.com/"),
    "another address": ("<img src='http://192.0.2.1/'>", "asked for another host: GET http://192.0.2.1/"),
}


@pytest.fixture
def watched(browser: Browser) -> BrowserContext:
    """Return a context that the test itself watches."""
    return browser.new_context()


def shown(watched: BrowserContext, url: str, *expected: str) -> list[str]:
    """Return the problems of a page."""
    complaints = Complaints(watched)
    complaints.expect(*expected)
    watched.new_page().goto(url)
    problems = complaints.problems()
    watched.close()
    return problems


@pytest.mark.parametrize(("html", "part"), PAGES.values(), ids=PAGES)
def test_a_page_is_reported_for(
    html: str, part: str, watched: BrowserContext, site: Callable[[Path], str], tmp_path: Path
) -> None:
    (tmp_path / "index.html").write_text(f"<!doctype html><link rel=icon href='data:,'>{html}", encoding="utf-8")
    problems = shown(watched, site(tmp_path))
    assert any(part in problem for problem in problems), problems


@pytest.mark.parametrize(("html", "part"), PAGES.values(), ids=PAGES)
def test_what_is_expected_is_no_problem(
    html: str, part: str, watched: BrowserContext, site: Callable[[Path], str], tmp_path: Path
) -> None:
    (tmp_path / "index.html").write_text(f"<!doctype html><link rel=icon href='data:,'>{html}", encoding="utf-8")
    assert (
        shown(
            watched,
            site(tmp_path),
            part,
            *(["net::ERR_NAME_NOT_RESOLVED"] if "another" in part else []),
        )
        == []
    )


def test_what_is_expected_in_vain_is_a_problem(watched: BrowserContext) -> None:
    assert shown(watched, "data:text/html,calm", "boom") == ["did not occur: boom"]


@pytest.mark.parametrize("url", ["http://example.com/", "http://192.0.2.1/", "http://[2001:db8::1]/"])
def test_another_host_is_never_reached(url: str, watched: BrowserContext) -> None:
    page = watched.new_page()
    page.goto("data:text/html,calm")
    found = page.evaluate("url => fetch(url, {mode: 'no-cors'}).then(() => 'reached', () => 'not reached')", url)
    watched.close()
    assert found == "not reached"


def test_each_test_has_a_fresh_profile(page: Page) -> None:
    assert page.context.cookies() == []

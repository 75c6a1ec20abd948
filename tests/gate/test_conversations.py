"""Generated conversations: valid, made small if one deviates, and printed so that they can be repeated."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from mockserver.contracts.client import NotExaminable
from mockserver.contracts.exchange import CheckedExchange, ReceivedResponse, SentRequest, dig, items
from mockserver.contracts.generated_conversations import ConversationFinding, ConversationPlan, SmallestSearch, plans
from mockserver.contracts.probes.conversations import RULES
from mockserver.gate.relay import Outgoing, Upstream, serving
from mockserver.gate.reports import pytest as pytest_report
from mockserver.gate.runner import GateRun
from tests.gate.support import MESSAGES, reference_gateway, run

LONGEST = CheckedExchange(SentRequest("POST", MESSAGES, body=b"x" * 9), ReceivedResponse(500))


def behind(faulty: Callable[[SentRequest], int], *only: str) -> GateRun:
    """Run the gate against a gateway that answers with another status where `faulty` says so (0: not)."""
    with reference_gateway() as (upstream, sleep):

        def respond(request: SentRequest) -> Outgoing:
            status, headers, pieces = Upstream(upstream).open(request)
            body = b"".join(pieces)
            kept = [pair for pair in headers if pair[0] != "content-length"]
            return Outgoing(faulty(request) or status, kept, [body])

        with serving(respond) as url:
            return run(url, only=only, sleep=sleep)


def messages(request: SentRequest) -> list[object]:
    """Return the messages of a request, or none."""
    return list(items(dig(request.json, "messages")))


@settings(max_examples=40, database=None)
@given(plans(tools=True))
def test_a_plan_has_at_most_five_results(plan: ConversationPlan) -> None:
    assert sum(plan.rounds) <= 5


@pytest.mark.parametrize("promise", RULES)
def test_a_sound_gateway_keeps_every_rule(promise: str) -> None:
    done = behind(lambda request: 0, promise)
    assert done.results.entries[promise].state == "kept"


def test_the_smallest_conversation_that_deviates_is_reported() -> None:
    done = behind(lambda request: 418 * (len(messages(request)) > 2), "conversation-answered")
    found = done.results.entries["conversation-answered"].exchange
    assert found is not None
    assert len(messages(found.request)) == 3
    assert dig(found.request.json, "system") is None


def test_a_gateway_without_tools_is_asked_without_them() -> None:
    done = behind(lambda request: 400 * (dig(request.json, "tools") is not None), "conversations")
    assert done.results.entries["conversation-answered"].state == "kept"
    assert done.results.entries["unused-tool-harmless"].state == "not offered"


def test_a_search_ends_with_the_trouble_of_an_attempt() -> None:
    asked = []

    def attempt(value: ConversationPlan) -> ConversationFinding | None:
        asked.append(value)
        raise NotExaminable("the budget is used up")

    search = SmallestSearch(attempt)
    search.run(plans(tools=False), seed=0, examples=20)
    assert len(asked) == 1
    assert (search.smallest, str(search.trouble)) == (None, "the budget is used up")


def test_a_search_keeps_what_a_target_showed_once() -> None:
    answers = iter([ConversationFinding("once", LONGEST)])
    search: SmallestSearch[ConversationPlan] = SmallestSearch(lambda value: next(answers, None))
    search.run(plans(tools=False), seed=0, examples=5)
    assert search.smallest is not None
    assert search.smallest.got == "once"


def test_one_value_is_tried_without_smaller_ones() -> None:
    asked = []

    def attempt(value: int) -> ConversationFinding:
        asked.append(value)
        return ConversationFinding("broken", replace(LONGEST))

    search = SmallestSearch(attempt)
    search.try_one(7)
    assert asked == [7]
    assert search.smallest is not None


@pytest.mark.process
def test_a_finding_becomes_a_pytest_file_that_fails_until_it_is_mended(tmp_path: Path) -> None:
    file = tmp_path / "test_found.py"
    done = behind(lambda request: 418 * (len(messages(request)) > 2), "conversation-answered", "known-status")
    file.write_bytes(pytest_report.render(done))
    text = file.read_text(encoding="utf-8")
    assert "assert_conversation_kept('conversation-answered', 'messages', body)" in text
    assert "assert_kept('known-status')" in text
    with reference_gateway() as (url, _):
        asked = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(file)],
            env={"GATEWAY_URL": url, "GATEWAY_KEY": "sk_other_one", "GATE_PROFILE": "smoke", "PATH": ""},
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert asked.returncode == 0, asked.stdout


def test_a_conversation_in_a_pytest_file_is_asked_by_its_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    from mockserver.gate.finding import assert_conversation_kept, assert_kept

    body = {"model": "qwen-7b", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    with reference_gateway() as (url, _):
        monkeypatch.setenv("GATEWAY_URL", url)
        monkeypatch.setenv("GATE_PROFILE", "smoke")
        assert_conversation_kept("repeat-changes-nothing", "messages", body)
        with pytest.raises(AssertionError, match="status 400"):
            assert_conversation_kept("conversation-answered", "messages", body | {"max_tokens": 0})
        with pytest.raises(AssertionError, match="auth-expired is not examined: give --expired-token"):
            assert_kept("auth-expired")

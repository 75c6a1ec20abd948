"""The fixture in a test suite: pytest in pytest, passing, failing, in parallel and async."""

import re
import subprocess
import sys

import pytest

import mockserver.testing.gateway  # noqa: F401 - loaded before pytest runs in pytest, which forgets what it loads
from tests.support.inner_pytest import OURS, run_alone

pytest_plugins = ["pytester"]

CLIENT = """
import httpx, pytest

def ask(gateway, text="Hello", messages=None, **more):
    body = {"model": "m", "max_tokens": 9, "messages": messages or [{"role": "user", "content": text}], **more}
    return httpx.post(gateway.url + "/v1/messages", json=body, headers={"x-api-key": gateway.key})
"""


def run(pytester: pytest.Pytester, source: str, *arguments: str) -> pytest.RunResult:
    """Run a test file that has the client."""
    pytester.makepyfile(CLIENT + source)
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:asyncio", *arguments)


def test_a_test_needs_no_set_up(pytester: pytest.Pytester) -> None:
    source = """
def test_hello(gateway):
    gateway.reply("hi")
    assert ask(gateway).json()["content"][0]["text"] == "hi"
    gateway.assert_called(times=1, last="user")
"""
    run(pytester, source).assert_outcomes(passed=1)


FAILING = {
    "a request that matched nothing": (
        'gateway.reply("hi", when={"last": "tool_result"}); ask(gateway)',
        ["*matched nothing*", "*Turn 1: last message is a user message; expected a tool_result*", "*seed 0*"],
    ),
    "a script that is used up": (
        'gateway.reply("hi"); ask(gateway); ask(gateway)',
        ["Request 2 *matched nothing*", "*already played 1 of 1 times*"],
    ),
    "a route that is none": (
        'httpx.post(gateway.url + "/v1/v1/messages", headers={"x-api-key": gateway.key})',
        ["*matched nothing*", "*Did you mean /v1/messages*"],
    ),
    "a turn that must be played": (
        'gateway.reply("a").turn(reply="b", must=True); ask(gateway)',
        ["Turn 2 of 'test' was never played; it is marked `must`."],
    ),
    "a wrong number of calls": (
        'ask(gateway); gateway.assert_called(times=2, last="tool_result")',
        ["*Expected 2 matching requests, got 0. Query: last: tool_result.*", "*expected a tool_result*"],
    ),
    "a call that must not come": (
        'ask(gateway); gateway.assert_never(text="Hello")',
        ["*Expected no matching requests, got 1. Query: text: Hello.*"],
    ),
    "a wrong order": (
        'ask(gateway, "b"); ask(gateway, "a"); gateway.assert_order({"text": "a"}, {"text": "b"})',
        ["*Step 2 of 2: no matching request after request 2. Query: text: b.*", "*It came too early: request 1.*"],
    ),
    "a client with another key": (
        'gateway.key = "sk_other"; ask(gateway); gateway.assert_called()',
        [
            "*No requests were recorded.*",
            "*1 request used another key than this gateway's*give the client gateway.key*",
        ],
    ),
    "a misspelt word": ('gateway.reply("hi", whn={})', ["*did you mean 'when'*"]),
    "a misspelt fault": ('gateway.reply("hi").fault("rest")', ["*did you mean 'reset'*"]),
    "a misspelt scenario": ('gateway.play("rate-limted")', ["*did you mean 'rate-limited'*"]),
    "a fault without a turn": ('gateway.fault("reset")', ["*call gateway.reply*"]),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FAILING)
def test_a_failing_test_says_why(pytester: pytest.Pytester, name: str) -> None:
    body, expected = FAILING[name]
    result = run(pytester, f"def test_it(gateway):\n    {body}\n")
    result.assert_outcomes(failed=1)
    for line in expected:
        result.stdout.fnmatch_lines([line])


def test_a_browsers_preflight_is_not_taken_for_a_client_with_another_key(pytester: pytest.Pytester) -> None:
    asks = {"origin": "http://localhost:5173", "access-control-request-method": "POST"}
    source = f"""
def test_it(gateway):
    httpx.options(gateway.url + "/v1/messages", headers={asks})
    gateway.assert_called()
"""
    result = run(pytester, source)
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*used another key*")


def test_strict_asks_for_every_turn(pytester: pytest.Pytester) -> None:
    source = """
@pytest.mark.gateway(strict=True)
def test_it(gateway):
    gateway.reply("a").reply("b")
    ask(gateway)
"""
    result = run(pytester, source)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["Turn 2 of 'test' was never played; `strict` requires every turn."])


def test_a_test_can_be_lenient(pytester: pytest.Pytester) -> None:
    source = """
@pytest.mark.gateway("greeting", lenient=True)
def test_it(gateway):
    assert ask(gateway, model=None).status_code == 200
"""
    run(pytester, source).assert_outcomes(passed=1)


def test_what_matches_nothing_can_be_allowed(pytester: pytest.Pytester) -> None:
    source = """
def test_it(gateway):
    gateway.reply("hi", when={"last": "tool_result"}).allow_unmatched()
    assert ask(gateway).status_code == 404
"""
    run(pytester, source).assert_outcomes(passed=1)


def test_a_failing_test_shows_what_happened(pytester: pytest.Pytester) -> None:
    result = run(pytester, "def test_it(gateway):\n    gateway.reply('hi'); ask(gateway); assert False\n")
    result.stdout.fnmatch_lines(
        ["*Captured gateway call*", "*1. POST /v1/messages: user 'Hello'*", "*200 (test, turn 1), 'hi'"]
    )


def test_the_marker_says_what_a_test_begins_with(pytester: pytest.Pytester) -> None:
    source = """
@pytest.mark.gateway("greeting", seed=7, account={"credits": 3}, chaos="none-of-these")
def test_unknown_chaos(gateway): ...

@pytest.mark.gateway(sed=7)
def test_unknown_word(gateway): ...

@pytest.mark.gateway("greeting", seed=7, account={"credits": 3})
def test_all(gateway):
    ask(gateway)
    assert gateway.account.credits < 3
    assert (gateway.journal.last.seed, gateway.journal.last.scenario) == ("7", "greeting")
"""
    result = run(pytester, source)
    result.assert_outcomes(passed=1, errors=2)
    result.stdout.fnmatch_lines(["*no chaos profile is called 'none-of-these'*"])
    result.stdout.fnmatch_lines(["*@pytest.mark.gateway: unknown argument 'sed'; did you mean 'seed'?*"])


WRONG_MARKERS = {
    '"greting"': "no scenario is called 'greting'; did you mean 'greeting'? (a path ends in .yaml, YAML has a colon)",
    "scenario=5": "scenario: expected a shipped name, a path, YAML text, a mapping or a Scenario, not 5",
    '"none.yaml"': "none.yaml: file not found",
    "seed=[1]": "seed: expected a text or a whole number, not [1]",
    "account=3": "account: expected a mapping such as {'credits': 3}, not 3",
    'account={"credts": 3}': "account:1:2: credts: unknown key 'credts'; did you mean 'credits'?",
    'chaos="flakky"': "no chaos profile is called 'flakky'; did you mean 'flaky'?",
    "chaos=4": "chaos: expected the name of a profile, a path, YAML text or {'rules': […]}, not 4",
    'strict="yes"': "strict: expected True or False, not 'yes'",
    "scenaro=1": "unknown argument 'scenaro'; did you mean 'scenario'?",
    '"greeting", 7': "takes one positional argument, the scenario; name all others",
}


def test_a_wrong_marker_is_one_message_with_the_place_of_the_test(pytester: pytest.Pytester) -> None:
    tests = [
        f"@pytest.mark.gateway({arguments})\ndef test_{number}(gateway): ...\n"
        for number, arguments in enumerate(WRONG_MARKERS)
    ]
    result = run(pytester, "\n".join(tests), "-p", "no:randomly")
    result.assert_outcomes(errors=len(WRONG_MARKERS))
    place = r"\S+\.py:\d+: test_{}: @pytest\.mark\.gateway: {}"
    result.stdout.re_match_lines(
        [place.format(number, re.escape(message)) for number, message in enumerate(WRONG_MARKERS.values())]
    )
    result.stdout.no_re_match_line(r".*(Traceback|mockserver/testing/|OperatorError).*")


def test_tests_do_not_see_each_other(pytester: pytest.Pytester) -> None:
    source = """
@pytest.mark.parametrize("n", range(5))
def test_it(gateway, n):
    gateway.reply(str(n))
    assert ask(gateway).json()["content"][0]["text"] == str(n)
    assert len(gateway.journal) == 1
"""
    run(pytester, source).assert_outcomes(passed=5)


@pytest.mark.process
def test_four_workers_are_safe(pytester: pytest.Pytester) -> None:
    source = """
@pytest.mark.parametrize("n", range(12))
def test_it(gateway, n):
    gateway.error(429).reply(str(n))
    assert [ask(gateway).status_code, ask(gateway).json()["content"][0]["text"]] == [429, str(n)]
"""
    pytester.makepyfile(CLIENT + source)
    run_alone(pytester, "-n", "4", plugins=(OURS, "xdist")).assert_outcomes(passed=12)


BACKENDS = ["asyncio", "trio"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_async_clients_are_served(pytester: pytest.Pytester, backend: str) -> None:
    source = f"""
@pytest.fixture
def anyio_backend():
    return "{backend}"

@pytest.mark.anyio
async def test_it(gateway):
    gateway.turn(reply="one two", pace={{"first": "1h"}})
    body = {{"model": "m", "max_tokens": 9, "stream": True, "messages": [{{"role": "user", "content": "x"}}]}}
    async with httpx.AsyncClient(base_url=gateway.url, headers={{"x-api-key": gateway.key}}) as client:
        answer = await client.post("/v1/messages", json=body)
    assert "message_stop" in answer.text
    await gateway.eventually(stream=True)
    gateway.clock.advance("1h")
    gateway.assert_called(times=1)
"""
    run(pytester, source, "-p", "anyio").assert_outcomes(passed=1)


@pytest.mark.process
def test_pytest_asyncio_is_served_in_its_auto_mode(pytester: pytest.Pytester) -> None:
    source = """
import anthropic, asyncio, pytest_asyncio

@pytest_asyncio.fixture
async def client(gateway):
    async with anthropic.AsyncAnthropic(base_url=gateway.url, api_key=gateway.key) as client:
        yield client

async def test_it(gateway, client, monkeypatch):
    sleep, waits = asyncio.sleep, []
    async def wait(seconds):
        waits.append(seconds)
        gateway.clock.advance(seconds)
        await sleep(0)
    monkeypatch.setattr("anyio.sleep", wait)
    gateway.error(429, retry_after=5).reply("hi", times="always")
    messages = [{"role": "user", "content": "Hello"}]
    requests = [client.messages.create(model="m", max_tokens=9, messages=messages) for _ in range(3)]
    answers = await asyncio.gather(*requests)
    assert [answer.content[0].text for answer in answers] == ["hi"] * 3
    await gateway.eventually(4, last="user")
    assert waits == [5] and not gateway.verdict()

async def test_each_test_has_its_own(gateway, client):
    gateway.reply("hi", when={"last": "tool_result"})
    with pytest.raises(anthropic.NotFoundError):
        await client.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": "Hello"}])
"""
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(CLIENT + source)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*matched nothing*"])


@pytest.mark.process
def test_the_official_sdk_is_served_on_trio(pytester: pytest.Pytester) -> None:
    source = """
import openai, trio

def test_it(gateway):
    async def ask(client):
        messages = [{"role": "user", "content": "Hello"}]
        async for _ in await client.chat.completions.create(model="m", messages=messages, stream=True):
            pass

    async def main():
        async with openai.AsyncOpenAI(base_url=gateway.openai_url, api_key=gateway.key) as client:
            async with trio.open_nursery() as nursery:
                for _ in range(3):
                    nursery.start_soon(ask, client)
                await gateway.eventually(3, stream=True)

    gateway.turn(reply="one two three", pace={"first": "1h", "rate": "1/s"}, times="always")
    trio.run(main)
    assert all(record.answer.is_whole for record in gateway.journal)
"""
    pytester.makepyfile(CLIENT + source)
    run_alone(pytester).assert_outcomes(passed=1)


@pytest.mark.process
def test_a_suite_that_does_not_use_it_pays_nothing() -> None:
    shown = "[name for name in sys.modules if name.startswith(('mockserver.', 'pydantic'))]"
    code = f"import sys, mockserver.testing.plugin; print({shown})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "['mockserver.testing', 'mockserver.testing.plugin']"

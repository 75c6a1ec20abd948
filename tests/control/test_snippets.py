"""Snippets: pasted, they repeat the exchange, run nothing else, and contain no secret."""

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import orjson
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

import mockserver.testing.gateway  # noqa: F401 - must be loaded before pytester, which unloads modules that it loads
from mockserver.cli.main import main
from mockserver.files import loader
from tests.control.support import PATIENCE, Served, conversation, serving
from tests.support.engine import CHAT, MESSAGES
from tests.support.properties import examples

pytest_plugins = ["pytester"]

KEY = "sk_live_of_a_person_0123456789"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as served:
        yield served


def copied(served: Served, kind: str) -> str:
    """Return the last exchange as a snippet."""
    last = served.get("/exchanges", limit=1)["exchanges"][0]["number"]
    text: str = served.get(f"/exchanges/{last}/copy/{kind}")["text"]
    assert KEY not in text
    return text


def pasted(text: str, folder: Path) -> None:
    """Run a command in a shell, in an empty folder that must stay empty."""
    environment = {"PATH": os.environ["PATH"], "KEY": KEY, "HOME": str(folder), "NO_PROXY": "*"}
    done = subprocess.run(
        ["bash", "-eu"], input=text.encode(), cwd=folder, env=environment, capture_output=True, timeout=PATIENCE
    )
    assert done.returncode == 0, (done.stderr, text)
    assert sorted(folder.iterdir()) == [], "the shell has run what a client has sent"


COMMAND = "$(touch pwned) `touch pwned`"

REQUESTS: Mapping[str, tuple[str, str, bytes, dict[str, str]]] = {
    "a conversation": ("POST", MESSAGES, orjson.dumps(conversation("It's \"so\" $HOME `id` \\ %41\n\n!")), {}),
    "a chat": ("POST", CHAT, orjson.dumps(conversation("né 🎉", CHAT)), {"authorization": f"Bearer {KEY}"}),
    "a body that looks like a file": ("POST", MESSAGES, b"@/etc/passwd", {}),
    "a body that looks like an option": ("POST", MESSAGES, b"--upload-file /etc/passwd", {}),
    "a body of bytes": ("POST", MESSAGES, bytes(range(256)), {"content-type": "application/octet-stream"}),
    "a body without a type": ("POST", MESSAGES, b"{}", {}),
    "a large body": ("POST", MESSAGES, orjson.dumps(conversation("long " * 60_000)), {}),
    "a header that is a command": ("POST", MESSAGES, b"{}", {"x-a": f"$KEY {COMMAND} \" ' ; touch pwned #"}),
    "a header of nothing": ("GET", "/v1/models", b"", {"x-empty": ""}),
    "a path that is a command": ("GET", f"/v1/'; touch pwned; {COMMAND}", b"", {}),
    "a path with patterns": ("GET", "/v1/[1-3]/{a,b}", b"", {}),
    "a path with odd letters": ("GET", "/v1/né%/ 🎉", b"", {}),
    "a delete": ("DELETE", "/v1/models", b"", {}),
    "only the head": ("HEAD", "/v1/models", b"", {}),
    "a get with a body": ("GET", "/v1/models", b"{}", {}),
    "nobody": ("GET", "/v1/models", b"", {"x-api-key": ""}),
}  # fmt: skip


@pytest.mark.process
@pytest.mark.parametrize("kind", REQUESTS)
def test_a_curl_command_sends_the_same_again(kind: str, served: Served, tmp_path: Path) -> None:
    method, path, body, headers = REQUESTS[kind]
    known = {"x-api-key": KEY} if "authorization" not in headers else {}
    request = served.client.build_request(method, "/", content=body or None, headers={**known, **headers})
    request.url = request.url.copy_with(path=path)
    first = served.client.send(request)
    served.get("/exchanges?limit=1")  # answers when the first exchange is in the journal
    before = served.app.journal.entered
    pasted(copied(served, "curl"), tmp_path)
    served.get("/exchanges?limit=1")  # answers when what curl has read is in the journal
    was, now = list(served.app.journal)[-2:]
    assert served.app.journal.entered == before + 1
    assert (now.method, now.path, now.body) == (was.method, was.path, was.body)
    assert now.outcome.status == first.status_code or kind == "nobody"
    kept = ("content-type", "x-a", "x-empty")
    assert [now.captured.headers.get(name) for name in kept] == [was.captured.headers.get(name) for name in kept]


@pytest.mark.process
def test_a_curl_command_says_where_the_key_comes_from(served: Served, tmp_path: Path) -> None:
    served.ask("Hello", headers={"x-api-key": KEY})
    before = served.app.journal.entered
    text = copied(served, "curl").encode()
    done = subprocess.run(["bash"], input=text, cwd=tmp_path, env={"PATH": os.environ["PATH"]}, capture_output=True)
    assert b"KEY: is not set. The mock keeps no keys; run: export KEY=" in done.stderr
    assert served.app.journal.entered == before


# --- Scenarios

texts = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("{}%$#&*!|>'\"\\\n\t:-@`"), min_size=1, max_size=60
) | st.sampled_from(
    ["{{now}}", "{{ braces }}", "{{{{", "}}", "yes", "~", "1e3", "- a", "a: b", "\u2028", "\x00", " x "]
)
inputs = st.dictionaries(
    texts, st.recursive(texts | st.integers(-9, 9) | st.booleans() | st.none(), st.lists), max_size=3
)
calls = st.fixed_dictionaries({"name": st.from_regex(r"\A[a-z_]{1,20}\Z"), "input": inputs})
blocks = st.lists(
    st.fixed_dictionaries({"text": texts}) | st.fixed_dictionaries({"tool_use": calls}), min_size=1, max_size=3
)
answers = st.one_of(
    st.fixed_dictionaries({"reply": blocks}),
    st.fixed_dictionaries(
        {"error": st.fixed_dictionaries({"status": st.sampled_from([400, 429, 500, 503, 529]), "message": texts})}
    ),
)


def literal(words: JsonValue) -> JsonValue:
    """Return a value in which {{ is text and not a template."""
    if isinstance(words, str):
        return words.replace("{{", "{{braces}}")
    if isinstance(words, dict):
        return {key: literal(value) for key, value in words.items()}
    return [literal(item) for item in words] if isinstance(words, list) else words


def understood(served: Served) -> object:
    """Return what a client can understand of the last answer."""
    last = served.get("/exchanges", limit=1)["exchanges"][0]
    answer = served.get(f"/exchanges/{last['number']}")["answer"]
    called = [(call["name"], orjson.loads(call["arguments"])) for call in answer["calls"]]
    return last["status"], answer["text"], called, answer["error"]


@settings(max_examples=examples(40))  # each costs ten requests
@given(answers, texts, st.booleans())
def test_a_scenario_is_good_and_answers_the_same_again_on_both_wires(
    served: Served, answer: dict[str, JsonValue], asked: str, stream: bool
) -> None:
    for path in (MESSAGES, CHAT):
        served.post("/next", {"turn": literal(answer)}, 201)
        served.ask(asked, path, stream=stream, headers={"x-api-key": KEY})
        first = understood(served)
        text = copied(served, "scenario")
        name = loader.parse(text.encode(), "copy.yaml").scenario.scenario
        found = served.post("/lint", {"yaml": text})
        assert (found["name"], found["problems"]) == (name, [])
        assert served.control.put(f"/scenarios/{name}", json={"yaml": text}).status_code == 200
        for other in (MESSAGES, CHAT):
            headers = {"x-mock-scenario": name, "x-mock-session": f"again-{name}-{other.count('/')}"}
            served.ask(asked, other, stream=stream, headers=headers)
            assert understood(served) == first, text
        served.control.delete(f"/scenarios/{name}")


def test_the_text_of_a_scenario_passes_lint_as_a_file(served: Served, tmp_path: Path) -> None:
    for method, path in (("POST", MESSAGES), ("GET", "/v1/models")):
        body = conversation("Hi") if method == "POST" else None
        served.client.request(method, path, json=body, headers={"x-api-key": KEY})
        file = tmp_path / f"copy-{served.app.journal.entered}.yaml"
        file.write_text(copied(served, "scenario"))
    result = CliRunner().invoke(main, ["lint", str(tmp_path)])
    assert result.exit_code == 0, result.output


def test_a_long_text_is_asked_for_by_its_beginning(served: Served) -> None:
    served.ask("word " * 1_000, headers={"x-api-key": KEY})
    text = copied(served, "scenario")
    assert "contains" in text
    assert len(text) < 2_000


# --- Tests

EXCHANGES: Mapping[str, JsonValue] = {
    "an answer": {"reply": 'It\'s {{braces}}now}} "so"'},
    "a tool call": {"reply": [{"tool_use": {"name": "look", "input": {"path": "/a", "deep": {"n": [1, None]}}}}]},
    "an error": {"error": {"status": 429, "retry_after": 3}},
    "a broken connection": {"reply": "hi", "faults": ["reset"]},
}


def passes(pytester: pytest.Pytester, text: str) -> None:
    compile(text, "test_copy.py", "exec")
    pytester.makepyfile(test_copy=text)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:asyncio")
    result.assert_outcomes(passed=1)


@pytest.mark.slow
@pytest.mark.parametrize("path", [MESSAGES, CHAT])
@pytest.mark.parametrize("kind", EXCHANGES)
def test_a_test_passes_as_it_is(kind: str, path: str, served: Served, pytester: pytest.Pytester) -> None:
    served.post("/next", {"turn": EXCHANGES[kind]}, 201)
    with contextlib.suppress(httpx.HTTPError):
        served.ask("né \" ' \\ \n {{x}}", path, headers={"authorization": f"Bearer {KEY}"})
    passes(pytester, copied(served, "pytest"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/models", None),
        ("GET", "/v1/nowhere/né%20", None),
        ("POST", MESSAGES, b"{}"),
        ("POST", MESSAGES, b"\xff\x00"),
        ("DELETE", MESSAGES, None),
    ],
)
def test_a_test_of_a_request_that_is_no_conversation_passes_as_it_is(
    method: str, path: str, body: bytes | None, served: Served, pytester: pytest.Pytester
) -> None:
    served.client.request(method, path, content=body, headers={"x-api-key": KEY})
    passes(pytester, copied(served, "pytest"))

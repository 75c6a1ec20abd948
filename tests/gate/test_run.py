"""Runs against real sockets: a sound gateway, broken targets, budgets, and the command itself."""

import json
import socket
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from contracts import fake
from contracts.exchange import Answer, Asked
from contracts.promises import PROMISES
from contracts.talk import CannotTell
from mockserver import server
from mockserver.app import Gateway
from mockserver.engine import Engine, Settings
from mockserver.errors import OperatorError
from mockserver.gate.budget import Budget, Purse, cost_of
from mockserver.gate.client import Limits
from mockserver.gate.profiles import PROFILES
from mockserver.gate.relay import Outgoing, serving
from mockserver.library import load_contract, load_library
from mockserver.shipped import OPENAPI
from tests.gate.support import always, closed_port, command, impatient, other_gateway, run

PAGE = b"<!doctype html><html><body>Welcome</body></html>"
HTML = [("content-type", "text/html"), ("content-length", str(len(PAGE)))]


def test_the_other_gateway_keeps_every_promise_of_smoke() -> None:
    with other_gateway() as (url, sleep):
        done = run(url, aids=fake.aids(), clock=sleep)
    assert [(entry.promise.name, entry.findings) for entry in done.ledger.of("broken")] == []
    assert done.ledger.coverage > 95
    assert done.stopped == ""


def test_our_mock_is_known_by_its_answers_and_helped_by_scenarios() -> None:
    contract = load_contract()
    library = load_library(contract, None)
    with server.running(Gateway(Engine(contract, library.scripts, Settings()))) as url:
        done = run(url, exclude=("login-refused",))
    assert done.is_mock
    assert [(entry.promise.name, entry.findings) for entry in done.ledger.of("broken")] == []


def test_a_key_with_a_rate_window_is_no_broken_promise() -> None:
    with other_gateway() as (url, sleep):
        done = run(url, key=fake.LIMITED, clock=sleep)
    assert done.ledger.of("broken") == []
    assert done.ledger.coverage > 70


def test_a_key_without_credits_leaves_promises_not_examined() -> None:
    with other_gateway() as (url, _):
        done = run(url, key=fake.EMPTY)
    assert done.ledger.of("broken") == []
    assert any("no credits left" in entry.why_not for entry in done.ledger.of("not examined"))


def test_the_documented_contract_alone_can_be_examined() -> None:
    with other_gateway() as (url, sleep):
        done = run(url, aids=fake.aids(), clock=sleep, documented_only=True)
    assert done.ledger.of("broken") == []
    assert not any(entry.promise.is_observed for entry in done.ledger.entries.values())


def test_a_paid_run_stays_within_its_budget() -> None:
    sent: list[Asked] = []
    small = replace(PROFILES["paid"], budget=Budget(requests=40, tokens=1500))
    with other_gateway() as (url, _), serving_counted(url, sent) as counted:
        done = run(counted, small)
    assert len(sent) == done.spent.requests <= 40
    assert sum(map(cost_of, sent)) == done.spent.tokens <= 1500
    assert any("budget" in entry.why_not for entry in done.ledger.of("not examined"))


def serving_counted(url: str, sent: list[Asked]) -> Any:
    from mockserver.gate.relay import Upstream

    upstream = Upstream(url)

    def respond(asked: Asked) -> Outgoing:
        sent.append(asked)
        return Outgoing(*upstream.open(asked))

    return serving(respond)


def test_the_whole_paid_profile_fits_into_its_budget() -> None:
    unpaced = replace(PROFILES["paid"], budget=replace(PROFILES["paid"].budget, rate=None))
    with other_gateway() as (url, sleep):
        done = run(url, unpaced, aids=fake.aids(), clock=sleep)
    assert done.ledger.of("broken") == []
    assert [entry.why_not for entry in done.ledger.of("not examined") if "budget" in entry.why_not] == []


TARGETS: list[tuple[str, Outgoing, str]] = [
    ("HTML everywhere", Outgoing(200, HTML, [PAGE]), "HTML"),
    ("a wrong path", Outgoing(404, [("content-length", "0")], []), "neither /v1/messages nor"),
    ("a redirect", Outgoing(301, [("location", "https://x.example"), ("content-length", "0")], []), "redirects to"),
    ("silence", Outgoing(200, [("content-type", "application/json")], [b"{"], "hang"), "does not end"),
    (
        "an endless stream",
        Outgoing(200, [("content-type", "text/event-stream")], [b": ping\n\n"] * 40_000),
        "does not end",
    ),
]


@pytest.mark.parametrize(("what", "outgoing", "words"), TARGETS, ids=[row[0] for row in TARGETS])
def test_a_broken_target_ends_in_a_clear_message(what: str, outgoing: Outgoing, words: str) -> None:
    with always(outgoing) as url, pytest.raises(OperatorError, match=words):
        run(url, impatient())


def test_a_target_that_is_down_ends_in_a_clear_message() -> None:
    port = closed_port()
    with pytest.raises(OperatorError, match="nothing listens there"):
        run(f"http://127.0.0.1:{port}", impatient())


def test_tls_to_a_plain_port_ends_in_a_clear_message() -> None:
    with always(Outgoing(200, HTML, [PAGE])) as url, pytest.raises(OperatorError, match="TLS"):
        run(url.replace("http://", "https://"), impatient())


def test_headers_in_drops_end_in_a_clear_message() -> None:
    done = threading.Event()

    def drop(sock: socket.socket) -> None:
        connection, _ = sock.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nx-drops: ")
            while not done.wait(0.05):
                connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as sock:
        threading.Thread(target=drop, args=(sock,), daemon=True).start()
        short = replace(PROFILES["smoke"], limits=Limits(connect=0.2, silence=0.2, total=0.2))
        with pytest.raises(OperatorError, match="no whole answer within"):
            run(f"http://127.0.0.1:{sock.getsockname()[1]}", short)
        done.set()


def test_a_target_that_stops_answering_is_left_alone() -> None:
    count = [0]

    def respond(asked: Asked) -> Outgoing:
        count[0] += 1
        good = Outgoing(401, [("content-type", "application/json")], [b'{"detail": "no key"}'])
        return good if count[0] <= 2 else replace(good, ending="hang")

    with serving(respond) as url:
        done = run(url, impatient())
    assert "no proper end" in done.stopped
    assert "body-complete" in [entry.promise.name for entry in done.ledger.of("broken")]
    assert count[0] < 12


def test_the_purse_counts_before_it_sends() -> None:
    sent: list[Asked] = []

    def send(asked: Asked, *, pieces: int = 1) -> Answer:
        sent.append(asked)
        return Answer(200)

    purse = Purse(send, Budget(requests=2, tokens=100))
    purse(Asked("POST", "/v1/messages", {}, b'{"messages": [], "max_tokens": 60}'))
    with pytest.raises(CannotTell, match="might cost"):
        purse(Asked("POST", "/v1/messages", {}, b'{"messages": [], "max_tokens": 60}'))
    purse(Asked("GET", "/v1/models"))
    with pytest.raises(CannotTell, match="2 requests"):
        purse(Asked("GET", "/v1/models"))
    assert len(sent) == 2


def test_the_purse_keeps_its_rate() -> None:
    slept: list[float] = []
    purse = Purse(lambda asked, pieces=1: Answer(200), Budget(rate=4), clock=lambda: 100.0, sleep=slept.append)
    for _ in range(3):
        purse(Asked("GET", "/v1/models"))
    assert slept == [0.25, 0.5]


def test_the_command_reports_in_every_form(tmp_path: Path) -> None:
    files = {kind: tmp_path / f"report.{kind}" for kind in ("json", "junit", "html", "sarif")}
    options = [part for kind, file in files.items() for part in (f"--{kind}", str(file))]
    with always_without_type() as url:
        done = command(url, "--profile", "smoke", "--only", "known-*", "--only", "login*", "--github", *options)
    assert done.exit_code == 1, done.output
    assert "BROKEN  known-media-type" in done.output
    assert "$KEY" in done.output
    assert "sk_gate_0123456789abcdef" not in done.output + "".join(file.read_text() for file in files.values())
    assert "title=contract%3A known-media-type::" in done.output
    told = json.loads(files["json"].read_text())
    assert {one["name"]: one["state"] for one in told["promises"]}["known-media-type"] == "broken"
    suite = Xml.parse(files["junit"]).getroot().find("testsuite")
    assert suite is not None
    assert suite.get("failures") == "1"
    assert files["html"].read_text().startswith("<!doctype html>")
    assert "<script" not in files["html"].read_text()
    assert json.loads(files["sarif"].read_text())["runs"][0]["results"][0]["ruleId"] == "known-media-type"


def always_without_type() -> Any:
    from contextlib import contextmanager

    from mockserver.gate.relay import Upstream

    @contextmanager
    def both() -> Any:
        with other_gateway() as (behind, _):
            upstream = Upstream(behind)

            def respond(asked: Asked) -> Outgoing:
                status, headers, pieces = upstream.open(asked)
                untyped = [(name, "text/plain" if name == "content-type" else value) for name, value in headers]
                return Outgoing(status, untyped, pieces)

            with serving(respond) as url:
                yield url

    return both()


def test_a_baseline_accepts_what_is_known_and_fails_what_is_healed(tmp_path: Path) -> None:
    known = tmp_path / "baseline.yaml"
    with always_without_type() as url:
        arguments = (url, "--profile", "smoke", "--only", "known-*", "--baseline", str(known))
        assert command(*arguments, "--write-baseline").exit_code == 1
        done = command(*arguments)
        assert done.exit_code == 0, done.output
        assert "Accepted by the baseline" in done.output
        known.write_text("- {promise: known-media-type, since: 2020-01-01, why: old, until: 2020-02-02}\n")
        assert "which is over" in command(*arguments).output
        known.write_text("- {promise: known-status, since: 2020-01-01, why: old}\n")
        assert "it is kept now" in command(*arguments).output
        known.write_text("- {promise: known-stauts, since: 2020-01-01, why: old}\n")
        assert command(*arguments).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("https://api.example.com",), "needs a key"),
        (("ftp://x",), "no URL of a gateway"),
        (("http://127.0.0.1:1", "--only", "nothing-like-it"), "no promise has a name like that"),
        (("http://127.0.0.1:1", "--require", "lots"), "give a percentage"),
        (("http://127.0.0.1:1", "--baseline", "/nowhere.yaml"), "cannot be read"),
        (("http://127.0.0.1:1",), "nothing listens there"),
    ],
)
def test_the_callers_mistakes_are_one_line_and_exit_code_2(arguments: tuple[str, ...], words: str) -> None:
    done = command(*arguments, "--quiet")
    assert done.exit_code == 2
    assert words in done.output
    assert "Traceback" not in done.output


def test_coverage_can_be_required() -> None:
    with other_gateway() as (url, _):
        done = command(url, "--profile", "smoke", "--only", "known-status", "--only", "login", "--require-all")
    assert done.exit_code == 1
    assert "100 % are required" in done.output


def test_promises_are_listed_with_their_sources() -> None:
    done = command("promises")
    assert done.exit_code == 0
    assert all(name in done.output for name in PROMISES)


def test_the_contract_file_is_found() -> None:
    assert Path(OPENAPI).is_file()

"""No secret is printed or written, and a printed command still works when it is pasted."""

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mockserver.contracts.check import Deviation
from mockserver.contracts.exchange import CheckedExchange, ReceivedResponse, SentRequest
from mockserver.contracts.probes.auth import ANTHROPIC_KEY
from mockserver.contracts.reference import gateway
from mockserver.gate.redact import redact_deviation, redact_text
from mockserver.gate.relay import Outgoing, Upstream, serving
from mockserver.gate.reports import FORMATS
from mockserver.gate.reports.curl import curl, packed
from tests.gate.support import MESSAGES, command, reference_gateway

KEY = "sk_live_0123456789"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"bad key {KEY}", "bad key $KEY"),
        ("an unknown token sk_limited_one", "an unknown token $KEY"),
        ('{"password": "hunter2"}', '{"password": "$PASSWORD"}'),
        ('{"password" : "a\\"b", "x": 1}', '{"password" : "$PASSWORD", "x": 1}'),
        ('{"access_token":"eyJ.x.y","api_key":"z"}', '{"access_token":"$ACCESS_TOKEN","api_key":"$API_KEY"}'),
        ('{"access_token": "eyJhbGciOiJIUzI1', '{"access_token": "$ACCESS_TOKEN"'),
        ("username=ada&password=hunter2&x=1", "username=ada&password=$PASSWORD&x=1"),
        (f"our own {ANTHROPIC_KEY} is no secret", f"our own {ANTHROPIC_KEY} is no secret"),
        ("nothing to hide", "nothing to hide"),
    ],
)  # fmt: skip
def test_text_is_shown_without_secrets(text: str, expected: str) -> None:
    request = SentRequest("GET", "/v1/models", {"x-api-key": KEY})
    assert redact_text(text, request, ["sk_limited_one"]) == expected


@pytest.mark.parametrize(
    ("header", "value", "expected"),
    [
        ("x-api-key", KEY, '"x-api-key: $KEY"'),
        ("authorization", f"Bearer {KEY}", '"authorization: Bearer $KEY"'),
        ("authorization", KEY, '"authorization: $KEY"'),
        ("authorization", "$(rm) x", '"authorization: $KEY"'),
        ("authorization", "Bearer sk-ant-api03-somebodys-real-key", '"authorization: Bearer $KEY"'),
        ("authorization", f"Bearer {ANTHROPIC_KEY}", f"'authorization: Bearer {ANTHROPIC_KEY}'"),
        ("cookie", "session=1", '"cookie: $COOKIE"'),
        ("x-api-key", "", "'x-api-key;'"),
        ("x-note", "it's $HOME", """'x-note: it'"'"'s $HOME'"""),
    ],
)
def test_a_header_in_a_command_names_a_variable_or_is_quoted(header: str, value: str, expected: str) -> None:
    assert f"-H {expected}" in curl("http://x", SentRequest("GET", "/v1/models", {header: value}))


def test_a_finding_holds_no_secret_of_its_request() -> None:
    exchange = CheckedExchange(SentRequest("POST", MESSAGES, {"authorization": KEY}, b"{}"), ReceivedResponse(401))
    assert redact_deviation(Deviation("auth-no-echo", f"got {KEY}", exchange)).got == "got $KEY"


def test_a_credential_in_a_place_of_its_own_is_a_variable_of_the_command() -> None:
    secrets = ("pets:0123", "pets%3A0123")
    request = SentRequest("GET", "/pets?key=pets%3A0123&a=b", {"x-gateway-key": "pets:0123", "accept": "a/b"})
    deviation = Deviation("latency", "late", CheckedExchange(request, ReceivedResponse(200)))
    shown = redact_deviation(deviation, secrets).exchange
    assert shown is not None
    printed = curl("http://x", shown.request)
    assert shlex.split(printed.replace("\\\n", ""))[3:] == [
        "http://x/pets?key=$KEY&a=b",
        *("-H", "x-gateway-key: $KEY"),
        *("-H", "accept: a/b"),
    ]


def paste(printed: str, **variables: str) -> None:
    """Run a command in a plain shell with these variables."""
    subprocess.run(["sh", "-c", printed], env={"PATH": "/usr/bin:/bin", **variables}, check=True, capture_output=True)


BODIES: list[bytes] = [
    json.dumps({"messages": [{"role": "user", "content": 'it\'s `$HOME` "here"'}]}).encode(),
    b'{"text": "line\nbreak \x00 \x1b[2J"}',
    b"\xff\xfe not UTF-8",
    "Grüße \u2028 \U0001f469\u200d\U0001f467".encode(),
    b"[" * 100_000,
    b"",
]


@pytest.mark.process
@pytest.mark.parametrize("body", BODIES, ids=["quotes", "controls", "bytes", "unicode", "long", "empty"])
def test_a_pasted_command_sends_the_same_request(body: bytes) -> None:
    got: list[SentRequest] = []

    def respond(request: SentRequest) -> Outgoing:
        got.append(request)
        return Outgoing(200, [("content-length", "0")], [])

    sent = SentRequest("POST", f"{MESSAGES}?beta=true", {"x-api-key": KEY, "x-odd": "a 'b' $c"}, body)
    with serving(respond) as url:
        printed = curl(url, sent)
        subprocess.run(
            ["sh", "-c", printed], env={"KEY": KEY, "PATH": "/usr/bin:/bin"}, check=True, capture_output=True
        )
    assert (got[0].method, got[0].path, got[0].body or b"") == ("POST", sent.path, body)
    assert {name: got[0].headers[name] for name in sent.headers} == sent.headers
    assert printed.isprintable() or "\n" in printed
    assert ("base64 -d" in printed) is bool(packed(sent))


@pytest.mark.process
def test_a_pasted_login_takes_the_password_from_a_variable() -> None:
    got: list[Any] = []

    def respond(request: SentRequest) -> Outgoing:
        got.append(request.json)
        return Outgoing(200, [("content-length", "0")], [])

    with serving(respond) as url:
        printed = curl(url, SentRequest("POST", "/v1/auth/login", {}, b'{"email": "a@b", "password": "hunter2"}'))
        paste(printed, PASSWORD="hunter2")
    assert "hunter2" not in printed
    assert got == [{"email": "a@b", "password": "hunter2"}]


@pytest.mark.slow
def test_no_report_holds_a_credential_that_the_gateway_repeats(tmp_path: Path) -> None:
    """Use a gateway that repeats every credential in bodies and headers, and even in a field of the wrong type."""
    secrets = {"key": KEY, "limited": "sk_live_limited_9876", "password": "correct horse battery"}
    with reference_gateway() as (behind, _):

        def respond(request: SentRequest) -> Outgoing:
            status, headers, _ = Upstream(behind).open(request)
            echo = [request.headers.get("authorization", ""), request.headers.get("x-api-key", ""), str(request.body)]
            body = json.dumps({"detail": {"seen": echo}, "error": " ".join(echo)}).encode()
            kept = [pair for pair in headers if pair[0] != "content-length"]
            return Outgoing(status, [*kept, ("x-echo", " ".join(echo[:2])), ("set-cookie", f"s={KEY}")], [body])

        files = {kind: tmp_path / f"report.{kind}" for kind in (*[report.name for report in FORMATS], "baseline")}
        with serving(respond) as url:
            options = [part for kind, file in files.items() for part in (f"--{kind}", str(file))]
            done = command(
                *(url, "--profile", "smoke", "--key", secrets["key"], "--limited-key", secrets["limited"]),
                *("--login", f"{gateway.USER}:{secrets['password']}", "--github", "--write-baseline", *options),
            )
    assert done.exit_code == 1
    assert "BROKEN  auth-no-echo" in done.output
    written = done.output + "".join(file.read_text() for file in files.values())
    assert [name for name, secret in secrets.items() if secret in written] == []

"""Secrets never reach a file: whatever they look like, wherever they stand, and wherever a stream cuts them."""

import msgspec
import orjson
import pytest
from pydantic import JsonValue

from mockserver.engine.request import Request
from mockserver.recording.exchange import Frame, RecordedExchange
from mockserver.recording.redaction import Redaction, SecretsLeftError, leaks
from mockserver.recording.scenario import scenario_of
from tests.support.engine import KEY, Talk, extended, script, turns
from tests.support.recordings import PATHS, Recorder, ask, said

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.c2lnbmF0dXJlLW9mLXRva2Vu"
PRIVATE_KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"

LIKELY = {
    "a key": "sk_live_abcdefghijk123",
    "another key": "ak-0123456789abcdef",
    "a JWT": JWT,
    "a token of GitHub": "ghp_" + "a" * 36,
    "a key of AWS": "AKIA" + "A" * 16,
    "an e-mail": "jane.doe+test@mail.example.com",
    "a private key": PRIVATE_KEY,
}
"""What looks like a secret. All of these are made up."""

each_secret = pytest.mark.parametrize("secret", LIKELY.values(), ids=LIKELY)
each_wire = pytest.mark.parametrize("wire", PATHS)


def recorded(wire: str, question: str, answer: str, *, stream: bool = False) -> RecordedExchange:
    """Return one exchange with these texts."""
    played = turns(f"  - reply: {orjson.dumps(answer).decode()}\n")
    return Recorder(Talk(played, served=extended())).ask(ask(wire, said(question), stream=stream))


@each_wire
@each_secret
def test_what_looks_like_a_secret_is_a_placeholder_in_request_and_reply(wire: str, secret: str) -> None:
    text = scenario_of([recorded(wire, f"Use {secret} now.", f"I used {secret} twice.")], "secret", extended())
    assert "Use {{secret.1}} now." in text
    assert "I used {{secret.1}} twice." in text
    assert secret not in text


@each_wire
def test_a_redacted_prompt_still_matches(wire: str) -> None:
    exchange = recorded(wire, f"Use {LIKELY['a key']} now.", "Done.")
    text = scenario_of([exchange], "secret", extended())
    again = Recorder(Talk(script(text), served=extended())).ask(ask(wire, said("Use another-key now.")))
    assert again.status == 200


@pytest.mark.slow
@each_wire
def test_a_secret_is_found_wherever_a_stream_cuts_it(wire: str) -> None:
    secret = LIKELY["a key"]
    exchange = recorded(wire, "hi", f"It is {secret} here.", stream=True)
    whole = b"".join([frame.payload for frame in exchange.frames])
    first = whole.index(secret[:3].encode())
    for place in (*range(first - 30, first + 60), *range(0, len(whole), 23)):
        frames = (Frame(0.1, whole[:place]), Frame(0.2, whole[place:]))
        text = scenario_of([msgspec.structs.replace(exchange, frames=frames)], "secret", extended())
        assert 'reply: "It is {{secret.1}} here."' in text


@each_wire
def test_a_secret_is_found_in_deltas_of_one_character(wire: str) -> None:
    secret = LIKELY["an e-mail"]
    played = turns(f'  - reply: "Mail {secret}, please."\n    pace: {{chunk: character}}\n')
    exchange = Recorder(Talk(played, served=extended())).ask(ask(wire, said("hi"), stream=True))
    assert 'reply: "Mail {{secret.1}}, please."' in scenario_of([exchange], "secret", extended())


@each_wire
def test_the_key_of_the_client_is_found_in_a_text(wire: str) -> None:
    exchange = recorded(wire, "My key is plainword1.", "Ah, plainword1.")
    exchange = msgspec.structs.replace(exchange, headers={"authorization": "Bearer plainword1"})
    text = scenario_of([exchange], "secret", extended())
    assert "plainword1" not in text


@pytest.mark.parametrize("header", ["cookie", "set-cookie", "x-api-key", "proxy-authorization"])
def test_the_value_of_a_secret_header_is_found_in_a_body(header: str) -> None:
    value = "session=abcdef123; Path=/" if "cookie" in header else "abcdef123"
    exchange = RecordedExchange(
        method="GET",
        path="/api/v1/models",
        headers={header: value},
        status=200,
        response_headers={"content-type": "application/json"},
        frames=(Frame(0.1, b'{"seen":"abcdef123"}'),),
    )
    assert 'body: {seen: "{{secret.1}}"}' in scenario_of([exchange], "secret", extended())


def test_the_fields_of_a_login_are_secrets() -> None:
    body: dict[str, JsonValue] = {"access_token": "plain-access", "refresh_token": "plain-refresh", "expires_in": 3600}
    exchange = RecordedExchange(
        method="POST",
        path="/api/v1/auth/login",
        body=b'{"email": "jane@example.com", "password": "hunter2-long"}',
        status=200,
        response_headers={"content-type": "application/json"},
        frames=(Frame(0.1, orjson.dumps(body)),),
    )
    text = scenario_of([exchange], "login", extended())
    assert 'access_token: "{{secret.1}}", refresh_token: "{{secret.2}}", expires_in: 3600' in text


def test_a_pattern_of_a_project_is_redacted_too() -> None:
    exchange = recorded("openai", "Open ticket ACME-1234.", "ACME-1234 is open.")
    text = scenario_of([exchange], "tickets", extended(), redaction=Redaction([r"ACME-\d+"]))
    assert "Open ticket {{secret.1}}." in text
    assert "ACME" not in text


def test_one_redaction_gives_a_secret_the_same_number_in_every_file() -> None:
    redaction = Redaction()
    first = recorded("openai", "a@example.com", "b@example.com")
    scenario_of([first], "first", extended(), redaction=redaction)
    second = scenario_of([recorded("openai", "hi", "b@example.com")], "second", extended(), redaction=redaction)
    assert 'reply: "{{secret.2}}"' in second


@each_secret
def test_the_last_scan_names_what_is_left_masked(secret: str) -> None:
    left = leaks(f"reply: {secret}")
    assert left
    assert all(secret not in mask for mask in left)


def test_the_last_scan_finds_a_known_secret_that_is_folded_or_escaped() -> None:
    assert leaks('reply: "the word is open\n    sesame"', ["open sesame"])
    assert leaks('reply: "a\\"bcdefg"', ['a"bcdefg'])
    assert not leaks("reply: Nothing to see.", ["open sesame"])


def test_a_document_with_a_secret_is_refused() -> None:
    exchange = RecordedExchange(method="GET", path="/v1/jane@example.com", status=200)
    with pytest.raises(SecretsLeftError, match=r"the recording 'x@example\.com' still has secrets"):
        scenario_of([exchange], "x@example.com", extended())


def test_the_headers_of_a_request_are_not_written() -> None:
    request = Request("GET", "/v1/models", {**KEY, "x-user": "jane"})
    text = scenario_of([Recorder(Talk(served=extended())).ask(request)], "models", extended())
    assert "jane" not in text
    assert "x-user" not in text


@each_secret
@pytest.mark.parametrize("before", range(0, 85, 7))
def test_a_secret_at_the_end_of_a_long_text_is_not_cut_in_half(before: int, secret: str) -> None:
    question = "x " * (before // 2) + secret + " and so on" * 50
    text = scenario_of([recorded("openai", question, "Done.")], "secret", extended())
    assert not any(secret[:length] in text for length in range(8, len(secret)))
    assert Recorder(Talk(script(text), served=extended())).ask(ask("anthropic", said(question))).status == 200


def test_a_secret_in_a_path_is_a_glob() -> None:
    exchange = RecordedExchange(method="GET", path="/v1/users/jane@example.com/models", status=200)
    assert 'path: "/v1/users/*/models"' in scenario_of([exchange], "users", extended())

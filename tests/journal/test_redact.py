"""What the journal keeps of an exchange: everything that a query can ask for, and no secret."""

from decimal import Decimal

import pytest

from mockserver import start
from mockserver.core.errors import OperatorError
from mockserver.journal.redact import is_secret, redact_header
from mockserver.testing.gateway import GatewaySession
from tests.support.posting import post

SECRET = "sk_live_0123456789abcdef"


@pytest.mark.parametrize(
    "name",
    ["Authorization", "x-api-key", "cookie", "set-cookie", "x-auth-token", "x-db-password", "proxy-authorization"],
)
def test_a_header_that_speaks_of_a_secret_is_one(name: str) -> None:
    assert is_secret(name)
    assert SECRET not in redact_header(name, f"Bearer {SECRET}")


@pytest.mark.parametrize("name", ["user-agent", "anthropic-version", "x-stainless-retry-count", "content-type"])
def test_other_headers_are_kept(name: str) -> None:
    assert redact_header(name, "value") == "value"


def test_the_callers_key_is_nowhere_in_the_journal(gateway: GatewaySession) -> None:
    gateway.reply("You said {{last_user_text}}")
    post(gateway, text=f"my key is {gateway.key}", headers={"x-copy": gateway.key, "cookie": "id=abcdefgh"})
    [record] = gateway.journal
    kept = repr(record.exchange)
    assert (gateway.key in kept, "abcdefgh" in kept) == (False, False)
    assert record.exchange.captured.leaked


TURNS: list[dict[str, object]] = [
    {"reply": "You said {{last_user_text}}", "faults": ["truncated_json"]},
    {"reply": [{"tool_use": {"name": "look", "input": {"q": ["{{last_user_text}}"]}}}]},
    {"error": {"status": 500, "message": "Not {{last_user_text}}"}},
    {"response": {"status": 200, "body": {"a": "{{last_user_text}}"}}, "faults": [{"body": "html"}]},
]


@pytest.mark.parametrize("turn", TURNS, ids=str)
def test_the_callers_key_is_in_no_recipe(gateway: GatewaySession, turn: dict[str, object]) -> None:
    gateway.turn(**turn)
    post(gateway, text=f"my key is {gateway.key}")
    [record] = gateway.journal
    assert record.exchange.captured.recipe is not None
    assert gateway.key not in repr(record.exchange)


def test_a_body_without_the_key_is_kept_as_it_came(gateway: GatewaySession) -> None:
    gateway.reply("hi")
    sent = post(gateway, text="Hello").request.content
    assert (gateway.journal.last.body, gateway.journal.last.exchange.captured.leaked) == (sent, False)


def test_a_login_leaves_neither_password_nor_token(gateway: GatewaySession) -> None:
    form = {"username": "jo@example.com", "password": "correct-horse"}
    answer = post(gateway, path="/api/v1/auth/login", content=form, form=True)
    kept = repr([one.exchange for one in gateway.journal] + [*gateway._server.app.journal])
    assert answer.status_code == 200
    assert ("correct-horse" in kept, answer.json()["access_token"] in kept) == (False, False)


def test_an_exchange_knows_its_conversation_turn_and_answer(gateway: GatewaySession) -> None:
    gateway.tool_use("read_file", path="/x").fault("crlf")
    post(gateway, text="Hello", stream=True, headers={"user-agent": "Acme/Py 1.2 x", "x-stainless-retry-count": "1"})
    record = gateway.journal.last
    assert record.conversation is not None
    assert record.conversation.last_user_text == "Hello"
    assert (record.turn, record.status, record.ended, record.faults) == (1, 200, "complete", ("crlf",))
    assert (record.sdk, record.retry) == ("Acme/Py 1.2", 1)
    assert [event.kind for event in record.events][0::99] == ["message_start"]
    assert [(call.name, call.input) for call in record.answer.calls] == [("read_file", {"path": "/x"})]
    assert record.answer.is_whole


def test_a_stream_is_kept_with_the_time_of_every_event(gateway: GatewaySession) -> None:
    gateway.turn(reply="one two three", pace={"first": "1s", "rate": "1/s"})
    post(gateway, stream=True)
    events = [event for event in gateway.journal.last.events if event.kind == "content_block_delta"]
    assert [round(event.seconds) for event in events] == [1, 2, 3]


@pytest.mark.gateway(account={"credits": 3})
def test_credits_are_told_before_and_after(gateway: GatewaySession) -> None:
    gateway.turn(reply="hi", usage={"input": 1000, "output": 500})
    post(gateway)
    record = gateway.journal.last
    assert (record.credits_before, record.credits_after) == (Decimal(3), Decimal("1.5"))
    assert gateway.account.credits == record.credits_after


def test_the_journal_is_asked_in_the_words_of_when(gateway: GatewaySession) -> None:
    post(gateway, text="weather in Oslo")
    post(gateway, text="hello", headers={"x-team": "a"})
    assert [record.number for record in gateway.journal.find(text={"contains": "Oslo"})] == [1]
    assert [record.number for record in gateway.journal.find(headers={"x-team": "a"})] == [2]


def test_a_word_that_is_none_is_told_with_the_nearest(gateway: GatewaySession) -> None:
    with pytest.raises(OperatorError, match="did you mean 'text'"):
        gateway.journal.find(tetx="hello")


@pytest.mark.parametrize("words", [{"key": "sk_x"}, {"headers": {"authorization": "Bearer x"}}])
def test_secrets_cannot_be_asked_for(gateway: GatewaySession, words: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="secrets are removed"):
        gateway.journal.find(**words)


def test_chaos_leaves_its_draws() -> None:
    with start(chaos={"rules": [{"error": {"status": 503}}]}) as gateway:
        post(gateway)
        assert gateway.journal.last.draws[0].endswith("< 1: error 503")

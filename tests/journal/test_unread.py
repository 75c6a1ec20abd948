"""Unread exchanges: who reads one gets what the journal would have been given, and no secret is kept.

The oracle is the outlet over ASGI, whose answers are written out, redacted and entered one by one.
"""

import msgspec
import pytest
import yaml

from mockserver.accounts.identify import Accounts
from mockserver.accounts.schema import AccountsFile
from mockserver.engine.chaos_stage import NO_CHAOS, ChaosSettings
from mockserver.engine.step import Engine
from mockserver.journal.log import Exchange, Journal, ReadEntry, weight_of
from mockserver.journal.unread import UnreadExchange
from tests.engine.test_chaos import profile
from tests.server.test_outlets import post
from tests.support.engine import turns
from tests.support.outlets import GatewayLine, Outlet, on_line

KEY = "sk_test_12345678"
ALWAYS = "    times: always\n"
TURNS = {
    "a text": f"  - reply: one two three\n{ALWAYS}",
    "texts and a call": f"  - reply: [{{text: one}}, {{tool_use: {{name: f, input: {{a: 1}}}}}}]\n{ALWAYS}",
    "an id of its own": f"  - reply: 100 % é\n    id: aB9\n{ALWAYS}",
    "a pace of chunks alone": f"  - reply: one two\n    pace: {{chunk: character}}\n{ALWAYS}",
    "an error": f"  - error: {{status: 429, retry_after: 2}}\n{ALWAYS}",
    "an error of its own": f"  - error: {{status: 418, message: 100 % é, type: odd}}\n{ALWAYS}",
    "a pace that takes time": f"  - reply: one two\n    pace: {{first: 1s, interval: 20ms}}\n{ALWAYS}",
}
CHAT = "/api/v1/chat/completions"
REQUESTS = (
    *(post(), post(stream=True), post(CHAT), post(CHAT, stream=True)),
    *(post(model='a "model" é %'), post(system="Be brief."), post(model=f"model-of-{KEY}")),
    post(system=f"My key is {KEY}.", stream=True),
)


ACCOUNTS = f"accounts: [{{key: {KEY}, plan: enterprise, credits: 100, limits: {{requests: 20, per: 1m}}}}]"
SHAKY = ChaosSettings({"shaky": profile("  - {probability: 30%, error: {status: 529}}\n")}, "shaky")


def journal_of(
    outlet: Outlet,
    text: str,
    *,
    virtual: bool = True,
    accounts: Accounts | None = None,
    chaos: ChaosSettings = NO_CHAOS,
) -> Journal:
    """Return the journal after one client has sent every request three times."""

    async def scene(line: GatewayLine) -> None:
        old = line.gateway.engine
        line.gateway.engine = Engine(old.contract, old.scripts, old.settings, accounts, chaos)
        for request in REQUESTS:
            for _ in range(3):
                await line.feed(request)

    return on_line(scene, outlet, turns(text), virtual=virtual).gateway.journal


def timeless(exchange: Exchange) -> Exchange:
    """Return an exchange without the real time that its answer took."""
    writes = tuple([(frames, size, 0.0) for frames, size, _ in exchange.outcome.writes])
    return msgspec.structs.replace(
        exchange, outcome=msgspec.structs.replace(exchange.outcome, seconds=0.0, writes=writes)
    )


@pytest.mark.parametrize("virtual", [True, False])
@pytest.mark.parametrize("name", sorted({*TURNS} - {"a pace that takes time"}))
def test_an_exchange_that_is_read_later_is_the_one_that_was_entered_at_once(name: str, virtual: bool) -> None:
    late, oracle = [journal_of(outlet, TURNS[name], virtual=virtual) for outlet in ("transport", "asgi")]
    assert any(isinstance(entry, UnreadExchange) for entry in late.entries())
    assert [timeless(exchange) for exchange in late] == [timeless(exchange) for exchange in oracle]


def test_an_account_pays_the_same_for_what_is_read_later() -> None:
    file = AccountsFile.model_validate(yaml.safe_load(ACCOUNTS))
    late, oracle = [journal_of(outlet, TURNS["a text"], accounts=Accounts(file)) for outlet in ("transport", "asgi")]
    paid = [entry for entry in late.entries() if isinstance(entry, UnreadExchange) and entry.credits is not None]
    assert paid
    assert [timeless(exchange) for exchange in late] == [timeless(exchange) for exchange in oracle]


def test_what_chaos_spares_may_be_read_later() -> None:
    late, oracle = [journal_of(outlet, TURNS["a text"], chaos=SHAKY) for outlet in ("transport", "asgi")]
    assert {type(entry).__name__ for entry in late.entries()} == {"ReadEntry", "UnreadExchange"}
    assert [timeless(exchange) for exchange in late] == [timeless(exchange) for exchange in oracle]


@pytest.mark.parametrize("name", TURNS)
def test_the_totals_are_those_of_exchanges_that_were_entered_at_once(name: str) -> None:
    late, oracle = [journal_of(outlet, TURNS[name]).totals for outlet in ("transport", "asgi")]
    assert (late.exchanges, late.bytes, late.input, late.output, late.unmatched) == (
        (oracle.exchanges, oracle.bytes, oracle.input, oracle.output, oracle.unmatched)
    )


def test_an_unread_exchange_weighs_what_it_weighs_when_it_is_read() -> None:
    journal = journal_of("transport", TURNS["a text"])
    weights = [weight_of(exchange) for exchange in journal]
    assert [entry.weight for entry in journal.entries()] == pytest.approx(weights, abs=2)  # the digits of the length


def test_no_key_is_kept_in_what_is_unread() -> None:
    unread = [
        entry for entry in journal_of("transport", TURNS["a text"]).entries() if isinstance(entry, UnreadExchange)
    ]
    assert len(unread) > 2 * len(REQUESTS) - 6
    for entry in unread:
        assert KEY not in repr((entry.headers, entry.path, entry.body, entry.answer.values))


def test_a_key_that_a_header_repeats_is_not_kept_unread() -> None:
    async def scene(line: GatewayLine) -> None:
        for _ in range(3):
            await line.feed(post(headers=f"x-note: {KEY}\r\n"))

    entries = on_line(scene, "transport", turns(TURNS["a text"])).gateway.journal.entries()
    assert all(isinstance(entry, ReadEntry) for entry in entries)


def test_what_can_be_seen_without_reading_is_what_is_read() -> None:
    for text in (TURNS["a text"], TURNS["an error"]):
        journal = journal_of("transport", text)
        seen = [(entry.number, entry.at, entry.session, entry.live) for entry in journal.entries()]
        assert not all(entry.known for entry in journal.entries() if isinstance(entry, UnreadExchange))
        assert seen == [(each.number, each.at, each.note.session, each.captured.live) for each in journal]


def test_an_exchange_is_made_once() -> None:
    journal = journal_of("transport", TURNS["a text"])
    assert [id(exchange) for exchange in journal] == [id(exchange) for exchange in journal.since(0)]


def test_listeners_get_each_exchange_at_once() -> None:
    heard = list[Exchange]()

    async def scene(line: GatewayLine) -> None:
        line.gateway.journal.listeners.append(heard.append)
        for _ in range(3):
            await line.feed(post())

    journal = on_line(scene, "transport", turns(TURNS["a text"])).gateway.journal
    assert heard == [*journal]
    assert [exchange.number for exchange in heard] == [1, 2, 3]


def test_a_body_larger_than_the_journal_is_kept_cut_to_nothing() -> None:
    async def scene(line: GatewayLine) -> None:
        line.gateway.journal._most_bytes = 10_000
        for size in (1, 1, 20_000):
            await line.feed(post(system="x" * size))

    assert [len(each.body) > 0 for each in on_line(scene, "transport", turns(TURNS["a text"])).entries][-1:] == [False]


def test_the_oldest_unread_exchanges_go_when_there_are_too_many() -> None:
    async def scene(line: GatewayLine) -> None:
        line.gateway.journal._most = 2
        for _ in range(5):
            await line.feed(post())

    journal = on_line(scene, "transport", turns(TURNS["a text"])).gateway.journal
    assert ([each.number for each in journal], len(journal), journal.forgotten) == ([4, 5], 2, 3)

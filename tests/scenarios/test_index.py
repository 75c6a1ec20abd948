"""The index of a script: it yields every turn that can match, in the order of the file."""

from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.accounts.session import Progress, Session
from mockserver.core.errors import Refusal
from mockserver.engine.request import Request
from mockserver.engine.step import Engine, EngineSettings
from mockserver.scenarios import turn_selection
from mockserver.scenarios.call import Call
from mockserver.scenarios.index import SMALL, TurnIndex, exact_keys
from mockserver.scenarios.matcher import matches
from mockserver.scenarios.script import CompiledTurn
from tests.support.calls import call_of, request, when_of
from tests.support.engine import NOW, contract
from tests.support.properties import examples
from tests.support.strategies import STATES, Json, compile_generated, requests, scenarios

LONG = scenarios(least=SMALL + 1)


class NoIndex(TurnIndex[CompiledTurn]):
    """An index that yields every item."""

    def candidates(self, call: Call, start: int = 0) -> Iterator[CompiledTurn]:
        yield from self._items[start:]


EXACT: list[tuple[str, Json]] = [
    ("{}", {}),
    ("{operation: chat}", {"operation": "chat"}),
    ("{operation: [chat, messages]}", {}),
    ("{wire: openai, state: asked}", {"wire": "openai", "state": "asked"}),
    ("{stream: false, last: user}", {"stream": False, "last": "user"}),
    ("{model: GPT-4o}", {"model": "gpt-4o"}),
    ("{model: gpt-*}", {}),
    ("{model: 'gpt-?'}", {}),
    ("{model: [a, b]}", {}),
    ("{text: Hello}", {"text": "Hello"}),
    ("{text: {contains: a}}", {}),
    ("{text: {equals: a, ignore_case: true}}", {}),
    ("{assistant_turns: 2}", {"assistant_turns": 2}),
    ("{assistant_turns: {at_least: 2}}", {}),
    ("{not: {text: a}, any: [{text: b}], all: [{text: c}]}", {}),
]


@pytest.mark.parametrize(("wanted", "keys"), EXACT, ids=[wanted for wanted, _ in EXACT])
def test_only_what_is_compared_for_equality_is_looked_up(wanted: str, keys: Json) -> None:
    assert exact_keys(when_of(wanted)) == keys


@pytest.mark.parametrize("count", [0, 1, SMALL, SMALL + 1, 100])
def test_items_without_requirements_are_all_candidates_in_order(count: int) -> None:
    index = TurnIndex([({}, "", number) for number in range(count)])
    assert list(index.candidates(call_of(request()))) == list(range(count))


@pytest.mark.parametrize("start", [0, 1, 7, 16, 17, 39, 40])
def test_candidates_begin_at_the_start_number(start: int) -> None:
    demands: list[Json] = [{}, {"text": "Hello"}, {"text": "Bye"}, {"wire": "anthropic", "text": "Hello"}]
    index = TurnIndex([(demands[number % 4], "", number) for number in range(40)])
    wanted = [number for number in range(start, 40) if number % 4 != 2]
    assert list(index.candidates(call_of(request()), start)) == wanted


def test_a_long_list_of_rules_has_one_candidate() -> None:
    index = TurnIndex([({"text": f"Hello {number}"}, "", number) for number in range(1_000)])
    call = call_of(request(messages=[{"role": "user", "content": "Hello 777"}]))
    assert list(index.candidates(call)) == [777]


def test_parts_of_a_text_are_found_without_regard_to_case() -> None:
    parts = [f"part {number}" for number in range(100)]
    index = TurnIndex([({}, part, part) for part in [*parts, "x", ""]])
    call = call_of(request(messages=[{"role": "user", "content": "It is PART 42 and part 7"}]))
    candidates = list(index.candidates(call))
    assert {"part 42", "part 7", "x", ""} <= set(candidates)
    assert len(candidates) < 50


@given(scenario=LONG, sent=requests(), state=STATES, start=st.integers(0, 60))
def test_every_turn_that_matches_is_a_candidate_in_the_order_of_the_file(
    scenario: Json, sent: Request, state: str, start: int
) -> None:
    played, call = compile_generated(scenario), call_of(sent, state)
    candidates = [play.number for play in played.index.candidates(call, start)]
    assert candidates == sorted(set(candidates))
    assert {play.number for play in played.turns[start:] if matches(play.matchers, call)} <= set(candidates)


@given(scenario=scenarios(), sent=st.lists(requests(), max_size=8))
def test_the_index_changes_no_decision(scenario: Json, sent: list[Request]) -> None:
    indexed = compile_generated(scenario)
    plain = msgspec.structs.replace(indexed, index=NoIndex([({}, "", play) for play in indexed.turns]))
    seen = []
    for script in (indexed, plain):
        session, chosen = Session("test"), list[object]()
        for one in sent:
            call = call_of(one, session.progress_of(script.name, script.edition).state)
            try:
                cast = turn_selection.select_turn(
                    script, session.progress_of(script.name, script.edition), call, session
                )
            except Refusal as refusal:
                chosen.append(str(refusal))
                continue
            if cast is not None:
                session = cast[1]
            chosen.append(None if cast is None else cast[0].number)
        seen.append((chosen, session))
    assert seen[0] == seen[1]


@settings(max_examples=examples(30))
@given(sent=st.lists(requests(), max_size=5))
def test_a_scenario_without_a_match_falls_through_a_long_list(sent: list[Request]) -> None:
    never = {"when": {"text": "never said"}, "reply": "x"}
    played = compile_generated({"scenario": "test", "turns": [never] * 60})
    engine, session = Engine(contract(), {"test": played}, EngineSettings(scenario="test")), Session("test")
    for one in sent:
        session, decision = engine.step(session, one, NOW)
        assert decision.note.turn == 0
    assert session.progress_of("test", played.edition) == Progress(edition=played.edition)

"""The order in which faults act: on whole events in the order of the file, then those that wait, stage by stage."""

import re
import zlib
from collections.abc import Sequence
from itertools import product
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from pydantic import JsonValue

from mockserver.accounts.session import QueuedResponse
from mockserver.core.actions import Actions, Data
from mockserver.core.rng import Rng
from mockserver.engine.chaos_stage import ChaosSettings
from mockserver.engine.step import Engine, EngineSettings
from mockserver.faults import FAULTS, Context, apply_faults, apply_waiting
from mockserver.faults.answers import body_of, head_of
from mockserver.faults.compile import compile_fault
from mockserver.faults.fault import Stage
from tests.engine.test_chaos import profile
from tests.support.engine import CHAT, MESSAGES, NOW, Talk, contract, turns
from tests.support.fault_answers import REPLY, TEXT, effects, healthy, wire_of

SPLITTERS = [name for name, row in FAULTS.items() if row.stage.splits]
WAITING = [name for name, row in FAULTS.items() if row.stage.waits]
STREAMS = ["anthropic stream", "openai stream"]


def outcome(faults: Sequence[JsonValue], form: str, reply: str = REPLY) -> tuple[Actions, list[str]]:
    """Return a healthy answer after a list of faults, and the reasons of those without effect."""
    compiled = [compile_fault(fault) for fault in faults if isinstance(fault, str | dict)]
    applied = apply_faults(healthy(reply)[form], compiled, lambda number: Context(Rng(0, number), NOW, wire_of(form)))
    after, idle = apply_waiting(applied.actions, applied.waiting)
    return after, sorted([*applied.idle, *idle])


def events(actions: Actions) -> list[str]:
    """Return the kinds of the events, in order."""
    return [action.event for action in actions if isinstance(action, Data) and action.event not in ("", "comment")]


def test_the_table_says_which_faults_split() -> None:
    assert SPLITTERS == ["trickle", "crlf_split", "utf8_split", "one_byte_per_write"]


def test_the_table_says_which_faults_change_how_events_are_written() -> None:
    stages = {stage: {name for name, row in FAULTS.items() if row.stage is stage} for stage in Stage}
    assert stages[Stage.FORM] == {
        *("no_event_line", "no_space", "multi_line_data", "comment_inside", "ids", "unterminated"),
    }
    assert stages[Stage.LINE_ENDS] == {"crlf", "cr", "bom", "blank_lines"}
    assert stages[Stage.ENCODING] == {"gzip"}
    assert stages[Stage.LENGTH] == {"content_length"}


@pytest.mark.parametrize("name", [name for name in FAULTS if name not in WAITING])
def test_a_fault_that_waits_may_stand_before_or_after_another(name: str) -> None:
    fault = FAULTS[name].spelling
    different = [
        (late, form)
        for late, form in product(WAITING, STREAMS)
        if outcome([FAULTS[late].spelling, fault], form) != outcome([fault, FAULTS[late].spelling], form)
    ]
    assert different == []


def test_lines_keep_their_form_when_the_json_between_them_is_broken() -> None:
    actions, idle = outcome(["crlf", "ids", "comment_inside", {"malformed_json": 1}], "openai stream", TEXT)
    assert idle == []
    first = next(action.payload for action in actions if isinstance(action, Data))
    assert first.startswith(b"id: 1\r\nretry: 3000\r\n: inside\r\ndata: {")
    assert first.endswith(b",}\r\n\r\n")


@pytest.mark.parametrize("other", ["ids", "no_space", "crlf", "cr"])
def test_json_on_several_lines_keeps_what_other_faults_do_to_the_lines(other: str) -> None:
    actions, idle = outcome([other, "multi_line_data"], "openai stream", TEXT)
    assert idle == []
    assert actions == outcome(["multi_line_data", other], "openai stream", TEXT)[0]
    assert re.search(rb"data: ?\{[\r\n]", body_of(actions))


def test_a_wrong_content_length_stays_wrong_after_a_change_of_the_body() -> None:
    actions, idle = outcome([{"content_length": 10}, {"malformed_json": 2}], "openai stream", TEXT)
    assert idle == []
    assert dict(head_of(actions).headers)["content-length"] == str(len(body_of(actions)) + 10)


def test_a_compressed_stream_that_breaks_off_has_no_proper_end() -> None:
    actions, idle = outcome([{"gzip": "each"}, {"reset": {"at": 5}}], "openai stream", TEXT)
    assert idle == []
    reader = zlib.decompressobj(wbits=31)
    assert reader.decompress(body_of(actions)).count(b"data: ") == 4
    assert not reader.eof


@pytest.mark.parametrize("form", STREAMS)
@pytest.mark.parametrize("name", [name for name in FAULTS if name not in SPLITTERS])
def test_a_fault_that_is_no_splitter_leaves_events_whole(name: str, form: str) -> None:
    """A fault that cuts an event over several writes must say so with its stage."""
    after = effects(FAULTS[name].spelling)[form]
    if isinstance(after, tuple) and events(after):
        assert [action for action in after if isinstance(action, Data) and not action.event] == []


SMALL: list[Any] = [row.spelling for row in FAULTS.values() if row.name not in ("large_event", *SPLITTERS)]


@given(
    faults=st.lists(st.sampled_from(SMALL), min_size=1, max_size=3),
    splitters=st.lists(st.sampled_from(SPLITTERS), min_size=1, max_size=2, unique=True),
    form=st.sampled_from(STREAMS),
    data=st.data(),
)
def test_splitters_may_stand_anywhere_in_a_list(
    faults: list[Any], splitters: list[str], form: str, data: st.DataObject
) -> None:
    mixed: list[Any] = list(faults)
    for splitter in splitters:
        mixed.insert(data.draw(st.integers(0, len(mixed))), splitter)
    assert outcome(mixed, form) == outcome([*faults, *splitters], form)


@given(faults=st.lists(st.sampled_from(SMALL), max_size=3), form=st.sampled_from(STREAMS))
def test_cutting_into_pieces_keeps_the_bytes(faults: list[Any], form: str) -> None:
    whole, _ = outcome(faults, form)
    for splitter in ("one_byte_per_write", "trickle", "utf8_split"):
        assert body_of(outcome([splitter, *faults], form)[0]) == body_of(whole)


def test_swap_acts_on_whole_events_also_after_a_split() -> None:
    actions = healthy(TEXT)["anthropic stream"]
    split, idle = outcome(["one_byte_per_write", {"swap": 2}], "anthropic stream", TEXT)
    assert idle == []
    assert events(split)[:3] == ["message_start", "ping", "content_block_start"]
    assert body_of(split) != body_of(actions)


def test_duplicate_repeats_whole_events_also_after_a_split() -> None:
    split, _ = outcome(["one_byte_per_write", {"duplicate": "message_stop"}], "anthropic stream", TEXT)
    assert body_of(split).endswith(b'event: message_stop\ndata: {"type":"message_stop"}\n\n' * 2)


@pytest.mark.parametrize("splitter", SPLITTERS)
def test_drop_takes_every_piece_of_an_event(splitter: str) -> None:
    split, _ = outcome([splitter, {"drop": "message_start"}], "anthropic stream", TEXT)
    assert b"message_start" not in body_of(split)


def test_duplicate_keeps_the_content_length_right() -> None:
    actions, idle = outcome([{"framing": "length"}, {"duplicate": 2}], "anthropic stream", TEXT)
    assert idle == []
    assert dict(head_of(actions).headers)["content-length"] == str(len(body_of(actions)))


def test_a_wrong_content_length_stays_wrong_when_line_ends_are_split() -> None:
    actions, _ = outcome(["crlf_split", {"content_length": 10}], "openai stream", TEXT)
    assert dict(head_of(actions).headers)["content-length"] == str(len(body_of(actions)) + 10)


@pytest.mark.parametrize("splitter", ["crlf_split", "utf8_split"])
def test_a_compressed_body_has_no_lines_and_no_characters(splitter: str) -> None:
    assert outcome([splitter, "gzip"], "openai stream")[1] == ["the body is compressed"]


def test_crlf_split_after_crlf_doubles_no_carriage_return() -> None:
    actions, idle = outcome(["crlf", "crlf_split"], "openai stream", TEXT)
    assert idle == []
    assert b"\r\r" not in body_of(actions)


def test_the_random_numbers_of_a_fault_do_not_depend_on_a_splitter_before_it() -> None:
    jitter: JsonValue = {"jitter": "50ms"}
    assert outcome(["trickle", jitter], "openai stream") == outcome([jitter, "trickle"], "openai stream")


# --- lists that come one after the other ------------------------------------------------------------------------------

SPLIT = "  - reply: one two three four\n    faults: [one_byte_per_write]\n    times: always\n"
WHOLE = "  - reply: one two three four\n    faults: [{swap: 2}]\n    times: always\n"


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
def test_chaos_acts_on_whole_events_of_a_turn_that_splits(path: str) -> None:
    """A turn's splitters wait until chaos has laid its faults over the answer."""

    def answer(turn: str, rules: str) -> Actions:
        script = turns(turn)
        talk = Talk(script)
        profiles = {"test": profile(rules)}
        settings = EngineSettings(scenario=script.name)
        talk.engine = Engine(contract(), {script.name: script}, settings, None, ChaosSettings(profiles, "test"))
        return talk.say(path, stream=True).actions

    first = answer(SPLIT, "  - faults: [{swap: 2}]\n")
    assert body_of(first) == body_of(answer(WHOLE, "  - faults: [one_byte_per_write]\n"))
    assert len([action for action in first if isinstance(action, Data)]) == len(body_of(first))


def test_an_error_of_chaos_is_not_split_by_the_turn() -> None:
    script = turns(SPLIT)
    talk = Talk(script)
    talk.engine = Engine(
        contract(),
        {script.name: script},
        EngineSettings(scenario=script.name),
        None,
        ChaosSettings({"test": profile("  - error: {status: 529}\n")}, "test"),
    )
    assert len([action for action in talk.say(stream=True).actions if isinstance(action, Data)]) == 1


@pytest.mark.parametrize("queued", [{"swap": 2}, "one_byte_per_write"])
def test_queued_faults_act_on_whole_events_of_a_turn_that_splits(queued: JsonValue) -> None:
    talk = Talk(turns(SPLIT))
    waiting = QueuedResponse("w1", orjson.dumps({"faults": [queued]}).decode(), 1)
    talk.session = replace(talk.session, overrides=replace(talk.session.overrides, queued=(waiting,)))
    answer = talk.say(stream=True)
    assert answer.note.idle_faults == ()
    assert len([action for action in answer.actions if isinstance(action, Data)]) == len(body_of(answer.actions))
    assert (events(answer.actions)[1] == "ping") == (queued != "one_byte_per_write")

"""Every fault of the table, without a socket: its golden bytes, its seed, and any mixture of faults."""

import difflib
import zlib
from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from mockserver.core.actions import Actions, Close, Data, End, Hang, Head, Raw, Reset, Wait
from mockserver.faults import FAULTS, NoEffectError
from mockserver.faults.answers import body_of, whole_of
from mockserver.faults.fault import Fault
from tests.conftest import Golden
from tests.faults.test_matrix import CASES
from tests.support.fault_answers import FAILURE, FORMS, REPLY, TEXT, bend, effects, healthy, wire_of
from tests.support.properties import examples

LONG = 60
"""The most changed lines that a golden file shows; it has a digest of the rest."""


def mixed(fault: Fault) -> JsonValue:
    """Return the example with what it needs to have an effect: only an answer with waits can be put into one write."""
    return [{"slow": "10ms"}, fault.name] if fault.name == "one_write" else fault.spelling


def reply_for(name: str) -> str:
    """Return the turn to answer with: an error where its headers are the point."""
    return FAILURE if name in ("retry_after", "retry_after_ms", "should_retry") else REPLY


def lines(actions: Actions) -> Iterator[str]:
    """Yield a line for each action of an answer."""
    for action in actions:
        if isinstance(action, Head):
            headers = [f"{name}: {value}" for name, value in action.headers]
            bare = " bare" if action.bare else ""
            yield " | ".join([f"HEAD {action.version} {action.status}{bare}", *headers])
        elif isinstance(action, Data):
            yield f"DATA {action.event or '-'} {_shown(action.payload)}"
        elif isinstance(action, Wait | Hang):
            yield f"{type(action).__name__.upper()} {action.seconds:.6f}"
        elif isinstance(action, Raw):
            yield f"RAW {action.payload!r}"
        else:
            yield type(action).__name__.upper()


def _shown(payload: bytes) -> str:
    if len(payload) > 2000:
        return f"{payload[:80]!r} … {len(payload)} bytes, {blake2b(payload, digest_size=8).hexdigest()}"
    return repr(payload)


def difference(before: Actions, after: Actions | str) -> list[str]:
    """Return what a fault changes, as removed and added lines."""
    if isinstance(after, str):
        return [f"! no effect: {after}"]
    compared = difflib.unified_diff(list(lines(before)), list(lines(after)), n=0, lineterm="")
    changes = [line for line in list(compared)[2:] if not line.startswith("@@")]
    if len(changes) > LONG:
        rest = "\n".join(changes[LONG:]).encode()
        changes[LONG:] = [f"… {len(changes) - LONG} more, {blake2b(rest, digest_size=8).hexdigest()}"]
    return changes


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_has_its_golden_bytes(name: str, golden: Golden) -> None:
    after = effects(mixed(FAULTS[name]), reply_for(name))
    before = healthy(reply_for(name))
    text = [f"# {name}"]
    for form in FORMS:
        text += ["", f"## {form}", *difference(before[form], after[form])]
    golden(f"faults/{name}.txt", ("\n".join(text) + "\n").encode())


@pytest.mark.parametrize("how", ["whole", "each", "body_only"])
@pytest.mark.parametrize("form", FORMS)
def test_gzip_unpacks_to_the_same_body(how: str, form: str) -> None:
    actions = healthy()[form]
    assert zlib.decompress(body_of(bend({"gzip": how}, actions, form)), wbits=31) == body_of(actions)


@pytest.mark.parametrize("form", FORMS)
def test_a_body_in_its_other_form_has_the_same_content(form: str) -> None:
    other = "json_for_stream" if "stream" in form else "stream_for_json"
    back = "stream_for_json" if "stream" in form else "json_for_stream"
    there = bend(other, healthy()[form], form)
    again = whole_of(bend(back, there, form), wire_of(form))
    kept = ("content", "stop_reason", "usage") if "anthropic" in form else ("choices",)
    original = whole_of(healthy()[form], wire_of(form))
    for choice in original.get("choices", ()):
        for name in ("refusal", "annotations"):  # a stream has none
            choice["message"].pop(name, None)
    assert {key: again[key] for key in kept} == {key: original[key] for key in kept}


# --- seeds ------------------------------------------------------------------------------------------------------------

ROLLS: list[JsonValue] = [
    {"jitter": "50ms"},
    {"stall": {"at": 3, "for": {"uniform": ["1s", "9s"]}}},
    {"slow": {"first": {"lognormal": {"median": "300ms", "sigma": 0.5}}, "interval": {"uniform": [0, "9ms"]}}},
    {"pings": {"count": 3, "every": {"normal": {"mean": "1s", "deviation": "100ms"}}}},
]


@pytest.mark.parametrize("fault", ROLLS, ids=str)
def test_the_same_seed_gives_the_same_and_another_seed_another(fault: JsonValue) -> None:
    actions = healthy()["anthropic stream"]
    assert bend(fault, actions, "anthropic stream", "a") == bend(fault, actions, "anthropic stream", "a")
    assert bend(fault, actions, "anthropic stream", "a") != bend(fault, actions, "anthropic stream", "b")


# --- order and mixture ------------------------------------------------------------------------------------------------


def test_faults_act_in_the_order_in_which_they_are_written() -> None:
    actions = healthy(TEXT)["anthropic stream"]
    stalled = bend([{"stall": {"at": 3, "for": "5s"}}, {"reset": 5}], actions, "anthropic stream")
    assert Wait(5.0) in stalled
    assert stalled[-1] == Reset()
    assert [action.event for action in stalled if isinstance(action, Data)] == [
        *("message_start", "content_block_start", "ping", "content_block_delta"),
    ]


def test_crlf_and_one_byte_per_write_go_together_in_either_order() -> None:
    actions = healthy(TEXT)["openai stream"]
    one = bend(["crlf", "one_byte_per_write"], actions, "openai stream")
    other = bend(["one_byte_per_write", "crlf"], actions, "openai stream")
    payload = [b"".join([a.payload for a in answer if isinstance(a, Data)]) for answer in (one, other)]
    assert payload[0] == payload[1]
    assert b"\r\n\r\n" in payload[0]


def test_nothing_can_follow_a_reset() -> None:
    with pytest.raises(NoEffectError, match="the answer has 4 events, so none is number 7"):
        bend([{"reset": 5}, {"stall": {"at": 7, "for": "5s"}}], healthy(TEXT)["anthropic stream"], "anthropic stream")


def test_an_event_whose_name_is_no_text_is_out_of_shape() -> None:
    actions = (Head(200, ()), Data(b"event: \xff\ndata: {}\n\n", "ping"), End())
    with pytest.raises(NoEffectError, match="event_name finds nothing of its usual shape"):
        bend({"event_name": "message"}, actions, "anthropic stream")


ANY: list[Any] = [
    *[row.spelling for row in FAULTS.values() if row.name != "large_event"],
    *[fault for _, faults, _ in CASES for fault in yaml.safe_load(faults) if fault not in ("large_event", "comments")],
    *[{"field_missing": path} for path in ("choices", "choices.0.delta", "delta", "index", "message", "usage", "type")],
    *[{"field_null": path} for path in ("choices", "choices.0.delta", "delta", "content", "content_block", "usage")],
    *[{"field": {"path": path, "value": 3}} for path in ("choices", "delta", "content", "message", "usage")],
]


@settings(max_examples=examples(500))
@given(st.lists(st.sampled_from(ANY), max_size=5), st.sampled_from(list(FORMS)), st.integers(0, 3))
def test_any_mixture_of_faults_leaves_an_answer_that_can_be_played(
    faults: list[JsonValue], form: str, seed: int
) -> None:
    """No mixture raises another error than `NoEffectError`, and the answer ends exactly once."""
    actions = healthy()[form]
    for fault in faults:
        with suppress(NoEffectError):
            actions = bend(fault, actions, form, seed)
    kinds = [type(action) for action in actions]
    assert kinds.count(Head) <= 1
    assert kinds[-1] in (End, Close, Reset)
    assert sum([kind in (End, Close, Reset) for kind in kinds]) == 1
    assert all(place > kinds.index(Head) for place, kind in enumerate(kinds) if kind is Data)

"""Pace: fixed and drawn times, seeded; a model that loads; absolute deadlines."""

import math

import pytest

from mockserver.core.actions import Actions, Wait
from mockserver.core.errors import AuthorError
from mockserver.core.rng import Rng
from mockserver.files import loader, yaml_reader
from mockserver.files.dry_run import dry_run
from mockserver.scenarios.schema import Pace
from tests.support.engine import NOW, Talk, contract, turns


def reply(pace: str, more: str = "") -> str:
    return f"  - reply: one two three four\n    pace: {pace}\n    times: always\n{more}"


def waits(actions: Actions) -> list[float]:
    return [action.seconds for action in actions if isinstance(action, Wait)]


def streamed(pace: str, seed: str = "0") -> list[float]:
    return waits(Talk(turns(reply(pace)), seed=seed).say(stream=True).actions)


def test_one_word_at_a_rate_takes_no_time_whole() -> None:
    script = turns("  - reply: one\n    pace: {rate: 10/s}\n")
    assert waits(Talk(script).say().actions) == []


FIXED = [
    ("{first: 300ms}", [0.3]),
    ("{rate: 10/s}", [0.1, 0.1, 0.1]),
    ("{first: 1s, interval: 50ms}", [1.0, 0.05, 0.05, 0.05]),
    ("{interval: 20ms, chunk: whole}", []),
]


@pytest.mark.parametrize(("pace", "expected"), FIXED, ids=[row[0] for row in FIXED])
def test_a_fixed_pace_is_the_same_every_time(pace: str, expected: list[float]) -> None:
    assert streamed(pace) == streamed(pace, "other") == expected


DRAWN = [
    "{first: {uniform: [100ms, 900ms]}, rate: 10/s}",
    "{first: 0s, interval: {uniform: [10ms, 90ms]}}",
    "{first: {normal: {mean: 1s, deviation: 100ms}}}",
    "{first: {lognormal: {median: 300ms, sigma: 0.5}}, interval: {lognormal: {median: 20ms, sigma: 1}}}",
    "{rate: 10/s, jitter: 20%}",
]


@pytest.mark.parametrize("pace", DRAWN)
def test_a_drawn_pace_comes_from_the_seed(pace: str) -> None:
    assert streamed(pace, "a") == streamed(pace, "a")
    assert streamed(pace, "a") != streamed(pace, "b")
    assert min(streamed(pace)) >= 0


def test_distributions_have_their_middle() -> None:
    def middle(spread: str) -> float:
        document = yaml_reader.read(f"first: {spread}".encode(), "pace.yaml")
        pace, dice = loader.check(Pace, document), Rng("middle")
        return sorted(pace.first.draw(dice) for _ in range(2001))[1000]

    assert math.isclose(middle("{uniform: [1s, 3s]}"), 2.0, abs_tol=0.1)
    assert math.isclose(middle("{normal: {mean: 2s, deviation: 500ms}}"), 2.0, abs_tol=0.1)
    assert math.isclose(middle("{lognormal: {median: 2s, sigma: 0.5}}"), 2.0, abs_tol=0.1)


WRONG = [
    ("{rate: 10/s, interval: 10ms}", "expected rate or interval, not both"),
    ("{first: {uniform: [2s, 1s]}}", "expected the least before the most"),
    ("{first: {uniform: [2s]}}", "expected at least 2"),
    ("{first: {lognormal: {median: 1s}}}", "missing key 'sigma'"),
    ("{first: soon}", "expected a duration such as 300ms"),
]


@pytest.mark.parametrize(("pace", "told"), WRONG, ids=[row[0] for row in WRONG])
def test_a_pace_that_is_none_is_told(pace: str, told: str) -> None:
    with pytest.raises(AuthorError) as caught:
        turns(reply(pace))
    assert told in str(caught.value)


def test_a_model_is_loading_until_the_session_is_old_enough() -> None:
    talk = Talk(turns("  - reply: awake\n    pace: {cold_start: 30s}\n"))
    found = []
    for seconds in (0.0, 12.5, 29.9, 30.0):
        talk.now = NOW + seconds
        answer = talk.say()
        found.append((answer.status, answer.headers.get("retry-after"), answer.note.code))
    loading = "model_loading"
    assert found == [(503, "30", loading), (503, "18", loading), (503, "1", loading), (200, None, "")]


def test_a_loading_model_is_no_mistake_of_the_file() -> None:
    assert dry_run(turns(reply("{cold_start: 30s}")), contract()) == []

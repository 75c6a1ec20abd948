"""Live answers: hold, step, release, and clients that disconnect, on both wires and with the official SDKs."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import anthropic
import httpx
import openai
import pytest

from tests.control.support import PATIENCE, ControlJson, Event, Served, conversation, error_of, serving
from tests.support.engine import CHAT, MESSAGES, turns

WORDS = "one two three four five"
HELD = turns(f"""
  - when: {{text: held}}
    reply: {WORDS}
    pace: {{chunk: word}}
    faults: [{{hold: {{at: 2}}}}]
    times: always
  - when: {{text: from the start}}
    reply: {WORDS}
    pace: {{chunk: word}}
    faults: [hold]
    times: always
  - when: {{text: briefly}}
    reply: {WORDS}
    faults: [{{hold: {{at: 2, for: 1ms}}}}]
    times: always
  - reply: {WORDS}
    pace: {{chunk: word}}
    times: always
""")


@pytest.fixture
def served() -> Iterator[Served]:
    with serving(HELD, playing="test") as served:
        yield served


def until(feed: Iterator[Event], name: str) -> ControlJson:
    """Return the data of the next event with this name."""
    return next(event.data for event in feed if event.name == name)


def held(served: Served) -> ControlJson:
    """Wait for the answer on hold and return it."""
    served.holds(lambda: any(one.delivery.gate.is_shut for one in served.app.traffic.live.values()))
    [one] = served.get("/live")
    return one


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
def test_what_is_held_is_stepped_event_by_event_and_then_runs(path: str, served: Served) -> None:
    with served.streaming("held", path) as response:
        one = held(served)
        assert (one["held"], one["stream"], one["path"], one["session"]) == (True, True, path, one["session"])
        came = response.iter_raw()
        start = one["events"]
        for number in range(1, 4):
            served.post(f"/live/{one['id']}/step", {})
            served.holds(lambda wanted=start + number: seen(served) == wanted)  # type: ignore[misc]  # read at once
            assert served.get(f"/live/{one['id']}")["events"] == start + number
        served.post(f"/live/{one['id']}/step", {"events": 2})
        served.holds(lambda: seen(served) == start + 5)
        running = served.post(f"/live/{one['id']}/run")
        assert running["held"] is False
        assert b"five" in b"".join(came)
    [exchange] = served.get("/exchanges")["exchanges"]
    assert (exchange["ended"], exchange["events"]) == ("complete", exchange["of"])
    whole = served.get(f"/exchanges/{exchange['number']}")
    assert whole["holds"][0]["before"] == start + 1
    assert served.get("/live") == []


def seen(served: Served) -> int:
    return next(iter(served.app.traffic.live.values())).delivery.frames


def test_an_exchange_on_its_way_is_shown_as_far_as_it_has_come(served: Served) -> None:
    with served.streaming("held"):
        one = held(served)
        shown = served.get(f"/live/{one['id']}")
        assert (shown["number"], shown["ended"], shown["breaks"]) == (None, None, None)
        assert len(shown["answer"]["events"]) == shown["events"] == one["events"]
        assert shown["request"]["conversation"]["messages"][0]["blocks"] == [{"text": "held"}]
        assert served.get("/exchanges")["exchanges"] == []
        served.post(f"/live/{one['id']}/run")


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
def test_the_first_step_of_an_answer_that_is_held_from_the_start_lets_its_first_event_through(
    path: str, served: Served
) -> None:
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(served.ask, "from the start", path, stream=True)
        one = held(served)
        assert (one["events"], one["status"]) == (0, 0)
        served.post(f"/live/{one['id']}/step", {"events": 1})
        served.holds(lambda: seen(served) == 1)
        assert served.get("/live")[0]["status"] == 200
        served.post(f"/live/{one['id']}/run")
        assert WORDS.split()[-1] in answer.result(PATIENCE).text


@pytest.mark.parametrize("call", ["/hold", "/step", "/run"])
def test_what_is_over_is_not_held_any_more(call: str, served: Served) -> None:
    served.ask()
    served.holds(lambda: not served.app.traffic.live)
    answer = served.control.post(f"/live/1{call}", json={} if call == "/step" else None)
    assert (answer.status_code, error_of(answer)["code"]) == (404, "not_found")


def test_what_is_over_is_still_found_by_the_id_that_it_had(served: Served) -> None:
    served.ask()
    assert served.get("/live/1") == served.get("/exchanges/1")
    assert error_of(served.control.get("/live/2"))["code"] == "not_found"


@pytest.mark.parametrize("events", [0, -1, 100_001, "two", None])
def test_a_step_is_a_number_of_events(events: object, served: Served) -> None:
    with served.streaming("held"):
        one = held(served)
        answer = served.control.post(f"/live/{one['id']}/step", json={"events": events})
        assert answer.status_code == 422
        assert served.get("/live")[0]["events"] == one["events"]
        served.post(f"/live/{one['id']}/run")


def test_a_client_that_leaves_while_it_is_held_is_seen_to_leave(served: Served) -> None:
    with served.feed() as feed:
        with served.streaming("held"):
            held(served)
        exchange = until(feed, "ended")["exchange"]
    assert (exchange["ended"], exchange["of"] > exchange["events"]) == ("client_left", True)
    assert served.get("/live") == []
    shown = served.get(f"/exchanges/{exchange['number']}")
    assert shown["breaks"] == {"after": exchange["events"], "how": "client_left"}
    assert [pause["before"] for pause in shown["holds"]] == [exchange["events"] + 1]


def test_a_hold_with_a_limit_ends_by_itself(served: Served) -> None:
    with served.streaming("briefly") as response:
        assert b"five" in response.read()
    [exchange] = served.get("/exchanges")["exchanges"]
    assert exchange["ended"] == "complete"


def test_what_is_held_ends_with_the_server() -> None:
    with httpx.Client(timeout=PATIENCE) as client:  # it outlives the server
        with serving(HELD, playing="test") as served:
            journal, asked = served.app.journal, conversation("held", MESSAGES, stream=True)
            request = client.build_request("POST", served.url + MESSAGES, json=asked, headers={"x-api-key": "sk_a"})
            client.send(request, stream=True)
            held(served)
        assert [exchange.outcome.ended for exchange in journal] == ["server_stopped"]


def test_a_running_answer_is_held_by_hand(served: Served) -> None:
    slow = {"pace": {"first": "0s", "rate": "20/s", "chunk": "character"}}
    assert served.control.patch("/defaults", json=slow).status_code == 200
    with served.feed() as feed, served.streaming("slowly") as response:
        one = until(feed, "began")
        served.post(f"/live/{one['id']}/hold")
        served.holds(lambda: bool(next(iter(served.app.traffic.live.values())).delivery.gate.is_shut))
        served.control.patch("/defaults", json={"pace": None})
        served.post(f"/live/{one['id']}/step", {"events": 100_000})
        assert b"message_stop" in response.read()


def test_an_sdk_waits_for_what_is_held(served: Served) -> None:
    def by_anthropic() -> str:
        with anthropic.Anthropic(api_key="sk_a", base_url=served.url, max_retries=0, timeout=PATIENCE) as client:
            asked = {"role": "user", "content": "held"}
            with client.messages.stream(model="m", max_tokens=99, messages=[asked]) as stream:  # type: ignore[list-item]  # a dict of its parameters
                return "".join(stream.text_stream)

    def by_openai() -> str:
        url = f"{served.url}/api/v1"
        with openai.OpenAI(api_key="sk_a", base_url=url, max_retries=0, timeout=PATIENCE) as client:
            chunks = client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": "held"}], stream=True
            )
            return "".join([chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices])

    for ask in (by_anthropic, by_openai):
        with ThreadPoolExecutor(1) as pool:
            text = pool.submit(ask)
            one = held(served)
            served.post(f"/live/{one['id']}/step", {"events": 2})
            assert not text.done()
            served.post(f"/live/{one['id']}/run")
            assert text.result(PATIENCE) == WORDS
            served.holds(lambda: not served.app.traffic.live)

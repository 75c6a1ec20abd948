"""The control API's worker: one job at a time, off the loop, and a bound."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from mockserver.control import worker as working
from mockserver.control.routes import exchanges, overrides, scenarios, verification
from mockserver.control.runtime_config import RuntimeConfig
from mockserver.control.worker import BusyError, Worker
from tests.control.support import PATIENCE, Served, error_of

YAML = "scenario: a\nturns: [{reply: hi}]\n"


def test_jobs_run_one_at_a_time_in_their_order_and_not_on_the_loop() -> None:
    running, order, threads = 0, list[int](), set[int]()

    def job(number: int) -> int:
        nonlocal running
        running += 1
        assert running == 1
        order.append(number)
        threads.add(threading.get_ident())
        running -= 1
        return number

    async def main() -> list[int]:
        worker = Worker("test")
        results = await asyncio.gather(*[worker.run(lambda number=number: job(number)) for number in range(10)])  # type: ignore[misc]  # a default of a lambda
        worker.close()
        return results

    assert asyncio.run(main()) == order == list(range(10))
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_a_job_that_fails_raises_at_its_caller_and_makes_room() -> None:
    async def main() -> None:
        worker = Worker("test")
        for _ in range(2 * working.MOST_JOBS):
            with pytest.raises(ZeroDivisionError):
                await worker.run(lambda: 1 // 0)
        worker.close()

    asyncio.run(main())


def test_too_many_jobs_are_refused_until_some_have_ended() -> None:
    async def main() -> None:
        worker, go = Worker("test"), threading.Event()
        jobs = [asyncio.create_task(worker.run(lambda: go.wait(PATIENCE))) for _ in range(working.MOST_JOBS)]
        await asyncio.sleep(0)
        with pytest.raises(BusyError):
            await worker.run(lambda: True)
        go.set()
        assert all(await asyncio.gather(*jobs))
        assert await worker.run(lambda: True)
        worker.close()

    asyncio.run(main())


def test_jobs_whose_callers_have_left_make_room() -> None:
    async def main() -> None:
        worker, go = Worker("test"), threading.Event()
        first = asyncio.create_task(worker.run(lambda: go.wait(PATIENCE)))
        others = [asyncio.create_task(worker.run(lambda: True)) for _ in range(working.MOST_JOBS - 1)]
        await asyncio.sleep(0)
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        second = asyncio.create_task(worker.run(lambda: True))
        go.set()
        assert await first
        assert await second
        worker.close()

    asyncio.run(main())


SLOW: tuple[tuple[str, str, dict[str, Any] | None, Any, str], ...] = (
    ("POST", "/lint", {"yaml": YAML}, RuntimeConfig, "read_scenario"),
    ("PUT", "/scenarios/a", {"yaml": YAML}, RuntimeConfig, "read_scenario"),
    ("POST", "/explain", {"yaml": YAML, "request": "{}"}, RuntimeConfig, "read_scenario"),
    ("PUT", "/chaos/a", {"yaml": "chaos: a\nrules: []\n"}, RuntimeConfig, "read_profile"),
    ("POST", "/next", {"turn": {"reply": "hi"}}, overrides, "queued_response"),
    ("GET", "/faults", None, scenarios, "fault_shapes"),
    ("GET", "/verdict", None, verification, "verdict"),
    ("POST", "/verify", {"when": {}}, verification, "verification"),
    ("GET", "/exchanges", None, exchanges, "_page"),
    ("POST", "/exchanges/find", {"when": {}}, exchanges, "_page"),
    ("GET", "/exchanges/1", None, exchanges, "_whole"),
)


@pytest.mark.parametrize(("method", "path", "body", "owner", "name"), SLOW, ids=[row[1] for row in SLOW])
def test_slow_work_of_a_call_does_not_run_on_the_loop(
    method: str,
    path: str,
    body: dict[str, Any] | None,
    owner: Any,
    name: str,
    served: Served,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads: list[int] = []
    work: Callable[..., Any] = getattr(owner, name)

    def noted(*arguments: Any) -> Any:
        threads.append(threading.get_ident())
        return work(*arguments)

    served.ask()
    monkeypatch.setattr(owner, name, noted)
    assert served.control.request(method, path, json=body).status_code < 500
    loop = served.on_loop(threading.get_ident)
    assert threads
    assert loop not in threads


def test_a_call_too_many_is_503_and_says_when_to_come_again(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async def busy(worker: Worker, job: Callable[[], Any]) -> Any:
        raise BusyError("the mock is busy")

    served.get("/about")
    monkeypatch.setattr(Worker, "run", busy)
    answer = served.control.post("/lint", json={"yaml": YAML})
    assert (answer.status_code, error_of(answer)["code"], answer.headers["retry-after"]) == (503, "busy", "1")


def test_a_worker_that_closes_refuses_new_jobs_and_those_that_wait() -> None:
    async def main() -> None:
        worker, begun, go = Worker("test"), threading.Event(), threading.Event()

        def work() -> bool:
            begun.set()
            return go.wait(PATIENCE)

        running = asyncio.create_task(worker.run(work))
        await asyncio.to_thread(begun.wait, PATIENCE)
        waiting = asyncio.create_task(worker.run(lambda: True))
        await asyncio.sleep(0)
        worker.close()
        with pytest.raises(BusyError, match="stopping"):
            await worker.run(lambda: True)
        with pytest.raises(BusyError, match="stopping"):
            await waiting
        go.set()
        assert await running

    asyncio.run(main())


def test_a_caller_that_is_cancelled_while_the_worker_closes_stays_cancelled() -> None:
    async def main() -> None:
        worker, go = Worker("test"), threading.Event()
        first = asyncio.create_task(worker.run(lambda: go.wait(PATIENCE)))
        waiting = asyncio.create_task(worker.run(lambda: True))
        await asyncio.sleep(0)
        waiting.cancel()
        worker.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        go.set()
        assert await first

    asyncio.run(main())


def test_a_call_that_comes_while_the_server_stops_is_503(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    served.get("/about")
    served.on_loop(served.controlled.control.close)
    answer = served.control.post("/lint", json={"yaml": YAML})
    assert (answer.status_code, error_of(answer)["message"]) == (503, "the mock is stopping")
    assert [record for record in caplog.records if record.name == "mockserver"] == []

"""Holds the exam: first the good day, which shows what the client does, then every case that concerns it, in parallel.

Each case has a session, a key and a process of its own on one server with a real clock. Ctrl-C ends the clients; the
cases that were not over by then are errors, and the report is made all the same.
"""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Event, Lock
from typing import NamedTuple

from mockserver.core.errors import MockserverError
from mockserver.exam.cases import GOOD_DAY, ExamCase
from mockserver.exam.clients import INTERRUPTED, ClientTask, ExamClient, write_url_file
from mockserver.exam.habits import Habits, habits_of, lacking
from mockserver.exam.judge import judge_case
from mockserver.exam.results import CaseResult, ExamRun
from mockserver.journal.client_rules import ClientLimits
from mockserver.journal.log import Exchange
from mockserver.server.traffic import LiveAnswer
from mockserver.testing.gateway import GatewaySession
from mockserver.testing.server_thread import ServerThread, server_thread

SHOWN = 1_500
"""Characters of a failing client's output that the message has."""

SETTLE = 2.0
"""Seconds that the server may take to notice that a client has gone."""

SLACK = 5.0
"""Seconds beyond its own time limit after which a client must have given up, times its tries."""


class ExamSettings(NamedTuple):
    """How the exam is held.

    `speed` is how many times faster than ours the client's clock runs. With `virtual`, waits take no time: for clients
    in this process, which wait by `ClientTask.wait`.
    """

    seed: str = "0"
    jobs: int = 4
    time_limit: float | None = None
    url_file: Path | None = None
    speed: float = 1.0
    virtual: bool = False
    extensions: Sequence[str] = ()


class Examiner:
    """One exam of one client. `progress` is called with each result."""

    def __init__(
        self,
        client: ExamClient,
        cases: Sequence[ExamCase],
        settings: ExamSettings,
        progress: Callable[[CaseResult], None] = lambda result: None,
    ) -> None:
        self._client = client
        self._cases = cases
        self._settings = settings
        self._progress = progress
        self._interrupted = Event()
        self._lock = Lock()
        self._run = ExamRun(client.title, settings.seed)

    def hold(self) -> ExamRun:
        """Hold the exam and return its results, whole or until Ctrl-C."""
        self._run.began = time.time()
        settings = self._settings
        with server_thread(virtual=settings.virtual, speed=settings.speed, extensions=settings.extensions) as server:
            self._watch = SessionWatch(server)
            try:
                self._hold_on(server)
            except KeyboardInterrupt:
                self._run.stopped, self._run.is_interrupted = INTERRUPTED, True
        order = {case.name: place for place, case in enumerate(self._cases)}
        self._run.results.sort(key=lambda result: order.get(result.case.name, -1))
        self._run.seconds = time.time() - self._run.began
        if self._settings.url_file is not None:
            self._settings.url_file.unlink(missing_ok=True)
        return self._run

    def _hold_on(self, server: ServerThread) -> None:
        first, *others = self._cases
        assert first.name == GOOD_DAY, "the command puts it first"
        habits = self._meet(first, server)
        if habits is None:
            return
        waiting = []
        for case in others:
            reason = lacking(case.header, habits)
            if reason:
                self._add(CaseResult(case, "not applicable", reason))
            else:
                waiting.append(case)
        jobs = self._settings.jobs if self._client.is_parallel and self._settings.url_file is None else 1
        self._hold_cases(waiting, server, jobs)

    def _meet(self, case: ExamCase, server: ServerThread) -> Habits | None:
        """Hold the good day and return what the client does; None, and say why, if nothing can be examined."""
        gateway = self._session(case, server)
        result = self._examine(case, gateway)
        self._add(result)
        habits = habits_of(list(gateway.journal), self._settings.time_limit)
        gateway.close()
        self._run.habits = str(habits)
        if result.state == "error":
            self._run.stopped = result.reason
        elif not habits.requests:
            self._run.stopped = "the client sent no request to a model; it gets base URLs and key in its environment"
        elif result.state != "pass":
            self._run.stopped = f"the client fails on a good day ({result.findings[0].evidence})"
        if self._run.stopped:
            self._run.stopped += f"\n{result.output[-SHOWN:]}" if result.output else ""
            return None
        return habits

    def _hold_cases(self, cases: Sequence[ExamCase], server: ServerThread, jobs: int) -> None:
        pool = ThreadPoolExecutor(jobs, thread_name_prefix="exam")
        futures = [pool.submit(self._hold_one, case, server) for case in cases]
        try:
            for future in futures:
                future.result()
        finally:
            self._interrupted.set()  # ends what still runs after Ctrl-C; otherwise nothing does
            pool.shutdown(wait=True, cancel_futures=True)
            done = {result.case.name for result in self._run.results}
            for case in cases:
                if case.name not in done:
                    self._add(CaseResult(case, "error", "not held: the exam was interrupted"))

    def _hold_one(self, case: ExamCase, server: ServerThread) -> None:
        gateway = self._session(case, server)
        try:
            self._add(self._examine(case, gateway))
        finally:
            gateway.close()

    def _session(self, case: ExamCase, server: ServerThread) -> GatewaySession:
        scenario = case.scenario.model_copy(update={"seed": self._settings.seed})
        with self._lock:
            return GatewaySession(server, f"exam {case.name}", scenario=scenario)

    def _examine(self, case: ExamCase, gateway: GatewaySession) -> CaseResult:
        """Return what became of a case; a mistake of the exam itself is an error, never the client's fault."""
        if self._settings.url_file is not None:
            write_url_file(self._settings.url_file, gateway.env)
        limit, within = self._settings.time_limit, case.header.judge.within
        if limit is not None and "time_limit" in case.header.needs:
            within = max(within, 3 * limit + SLACK)
        try:
            first = partial(self._watch.first.get, gateway.session)
            env, wait = {**os.environ, **gateway.env}, gateway.clock.advance
            end = self._client.run(ClientTask(env, within, first, self._interrupted, wait))
            if end.stopped == INTERRUPTED:
                return CaseResult(case, "error", INTERRUPTED, output=end.output)
            self._watch.wait_until_quiet(gateway.session)
            return judge_case(case, list(gateway.journal), end, gateway.key, ClientLimits(read_timeout=limit))
        except MockserverError as error:
            return CaseResult(case, "error", str(error))
        except Exception as error:  # a bug of the exam must not look like the client's
            return CaseResult(case, "error", f"a bug of the exam: {type(error).__name__}: {error}")

    def _add(self, result: CaseResult) -> None:
        with self._lock, suppress(OSError):
            self._run.results.append(result)
            self._progress(result)


class SessionWatch:
    """Watches the answers of every session: when its first request came, and how many answers are on their way."""

    def __init__(self, server: ServerThread) -> None:
        self._server = server
        self.first: dict[str, float] = {}
        server.app.traffic.watchers.append(self)

    def began(self, live: LiveAnswer) -> None:
        """Note the first request of a session."""
        self.first.setdefault(live.decision.note.session, live.received_at)

    def changed(self, live: LiveAnswer) -> None:
        """Do nothing: only the beginning counts."""

    def ended(self, live: LiveAnswer, exchange: Exchange) -> None:
        """Do nothing: the journal has it."""

    def wait_until_quiet(self, session: str) -> None:
        """Return when no answer of a session is on its way; its client has ended, so the server soon notices."""

        def is_quiet() -> bool:
            live = list(self._server.app.traffic.live.values())  # a copy: the server's thread changes it
            return not any(answer.decision.note.session == session for answer in live)

        self._server.wait(is_quiet, SETTLE)

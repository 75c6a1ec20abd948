"""A run of the gate: finds the gateway, runs the probes of the profile, checks every exchange, keeps the results.

No target can stop a run or make it hang. The client bounds every answer, the profile bounds the run, and a target that
stops answering is left alone after a few attempts. A run that ends early, also by Ctrl-C, reports what it has seen.
For a soak the end of its time is no early end.
"""

import random
import threading
import time
from collections.abc import Callable, Collection, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from functools import partial
from pathlib import Path

from mockserver.contracts.check import CheckOutcome, ExchangeView, Memory
from mockserver.contracts.client import Client, NotExaminable, NotOffered, Sender, Target
from mockserver.contracts.document import ContractDocument, Scope
from mockserver.contracts.exchange import CheckedExchange, ReceivedResponse, SentRequest
from mockserver.contracts.probe import ProbeCase
from mockserver.contracts.promises import PROMISES, Promise
from mockserver.contracts.raw_answers import RawSender
from mockserver.contracts.suite import CHECKS, probe_cases, run_checks
from mockserver.core.errors import OperatorError
from mockserver.gate import credentials
from mockserver.gate.budget import Budget, Spent
from mockserver.gate.client import AnswerLimits, HttpClient
from mockserver.gate.contract_file import open_contract
from mockserver.gate.discovery import Dialect, discover, discover_spoken, wires
from mockserver.gate.offers import missing
from mockserver.gate.operation_coverage import OperationCoverage
from mockserver.gate.pace import AnswerPace, how_far
from mockserver.gate.previous_run import Trend
from mockserver.gate.profiles import RunProfile
from mockserver.gate.provider_states import StateTrouble, in_state, state_for, target_in
from mockserver.gate.raw_sender import SocketSender
from mockserver.gate.reachability import identify_target, is_without_base
from mockserver.gate.results import RunResults

BROKEN, UNFINISHED = 1, 3
"""Exit codes. 2 is for a run that could not begin."""

PATIENCE = 4
"""Requests in a row without any answer, after which a target is left alone."""

MOST_TROUBLE = 5
"""Answers without a proper end in a whole run. Each costs its full time limit."""

PROBING = 10.0
"""Seconds for the first answers: an error needs no model, so nothing has to be loaded."""


@dataclass(frozen=True)
class RunSettings:
    """What the operator chose."""

    url: str
    profile: RunProfile
    key: str
    contract: Path
    seed: int = 0
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    documented_only: bool = False
    credentials: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    model: str | None = None
    short_sse: bool = False
    dialect: Dialect | None = None
    latency: float | None = None
    seconds: float | None = None
    verify: bool = True

    @property
    def scope(self) -> Scope:
        """Whose contract the target is held to: with --dialect only that of the wires."""
        return "own" if self.dialect is None else "wire"

    @property
    def longest(self) -> float:
        """Seconds that the run may take."""
        return self.profile.seconds if self.seconds is None else self.seconds

    @property
    def limits(self) -> AnswerLimits:
        """The limits of an answer: longer than the latency that is checked."""
        limits, latency = self.profile.limits, self.latency or 0.0
        return replace(limits, silence=max(limits.silence, latency + 1), total=max(limits.total, 2 * latency + 1))


@dataclass
class GateRun:
    """A finished run.

    `complaints` are other deviations: of the baseline. `gaps` say that too little was examined, `notes` only inform.
    """

    settings: RunSettings
    results: RunResults
    spent: Spent
    seconds: float
    stopped: str = ""
    is_mock: bool = False
    rounds: int = 1
    began: float = 0.0
    complaints: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    pace: AnswerPace = field(default_factory=AnswerPace)
    trend: Trend | None = None

    @property
    def is_unfinished(self) -> bool:
        """Whether the run cannot answer for the target: it ended early, saw too little, or a check failed itself."""
        return bool(self.stopped or self.gaps or self.results.of("error"))

    @property
    def exit_code(self) -> int:
        """0: nothing to complain of, 1: a promise is broken or the baseline is out of date, 3: unfinished."""
        if self.results.of("broken") or self.complaints:
            return BROKEN
        return UNFINISHED if self.is_unfinished else 0

    @property
    def passed(self) -> bool:
        """Whether the run has nothing to complain of: exit code 0."""
        return self.exit_code == 0

    @property
    def trouble(self) -> list[str]:
        """Why the run fails, beside the promises that are broken."""
        stopped = [f"Stopped early: {self.stopped}"] if self.stopped else []
        failed = [f"{entry.name}: {entry.reason}" for entry in self.results.of("error")]
        return [*stopped, *failed, *self.gaps, *self.complaints]


class _Stopped(Exception):
    """The run ends here."""


class _TimeIsUp(_Stopped):
    """The time of the run is over."""


def promise_filter(settings: RunSettings, scopes: Collection[Scope] = ()) -> Callable[[Promise], bool]:
    """Return a function that says whether a promise is in force. `scopes` are those of the contract, if it is known."""
    made = scopes or {settings.scope}

    def in_force(promise: Promise) -> bool:
        if not any(map(promise.is_made_in, made)) or (settings.documented_only and promise.is_observed):
            return False
        names = (promise.name, promise.group)
        is_chosen = not settings.only or any(fnmatch(name, pattern) for pattern in settings.only for name in names)
        return is_chosen and not any(fnmatch(name, pattern) for pattern in settings.exclude for name in names)

    return in_force


class Runner:
    """One run. `progress` is called before each probe with how far the run is."""

    def __init__(
        self,
        settings: RunSettings,
        send: Sender | None = None,
        progress: Callable[[str], None] = lambda name: None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._document = (
            open_contract(settings.contract, settings.url, settings.keys, documented_only=settings.documented_only)
            if settings.dialect is None
            else wires()  # what the target has of them is found out later
        )
        self._spoken: ContractDocument | None = None
        self._coverage = OperationCoverage(self._document)
        self._results = RunResults(
            promise_filter(settings, self._document.scopes),
            credentials.secrets(settings.key, {**settings.credentials, **settings.keys}),
            self._document.scopes,
        )
        if not self._results.entries:
            raise OperatorError(
                "no promise matches --only and --exclude; list the names with: mockserver contract promises"
            )
        self._client = HttpClient(settings.url, settings.limits, verify=settings.verify) if send is None else None
        self._budget = Budget(send or self._client, settings.profile.budget)  # type: ignore[arg-type]  # one of them is there
        self._raw: RawSender | None = None
        if send is None:
            silence = settings.limits.silence
            self._raw = SocketSender(settings.url, self._admit, verify=settings.verify, silence=silence)
        self._memory, self._lock = Memory(), threading.Lock()
        self._progress, self._sleep, self._clock = progress, sleep, clock
        self._silent, self._trouble, self._pace = 0, 0, AnswerPace()
        self._played: set[str] = set()
        self._deadline = clock() + settings.longest
        self._nonce = f"{random.Random(settings.seed).getrandbits(32):08x}{time.time_ns() & 0xFFFFFF:06x}"

    @property
    def document(self) -> ContractDocument:
        """The contract: as it was given, or what was found out of the target."""
        return self._document

    @property
    def _documents(self) -> list[ContractDocument]:
        """The contract, and that of the wires which its operations speak."""
        return [self._document, *([self._spoken] if self._spoken is not None else [])]

    def run(self) -> GateRun:
        """Run everything in order. Raises `OperatorError` if there is no gateway to examine."""
        start = self._clock()
        done = GateRun(
            self._settings, self._results, self._budget.spent, 0.0, rounds=0, began=time.time(), pace=self._pace
        )
        profile = self._settings.profile
        try:
            done.is_mock = self._probe(done.notes)
            while done.rounds < profile.rounds and not (done.rounds and self._results.of("broken")):
                self._play(self._target(done.rounds, done.is_mock))
                done.rounds += 1
        except _TimeIsUp as end:
            done.stopped = "" if profile.rounds > 1 else str(end)
        except (_Stopped, NotExaminable) as end:
            done.stopped = str(end)
        except KeyboardInterrupt as end:  # with a text: another signal, see the command
            done.stopped = str(end) or "Ctrl-C"
        finally:
            if self._client is not None:
                self._client.close()
        self._explain_unexamined(done.stopped)
        if self._document.scope == "document" and not self._settings.only:  # a part of a run says nothing of the whole
            done.notes.append(self._coverage.note())
            done.gaps += self._coverage.gaps(self._results.coverage)
        done.seconds = self._clock() - start
        return done

    def _probe(self, notes: list[str]) -> bool:
        """Return whether the target is the mock, and find out what it is if no document of its own says so."""
        if self._client is not None:
            limits = self._settings.limits
            self._client.limits = replace(
                limits, silence=min(limits.silence, PROBING), total=min(limits.total, PROBING)
            )
        settings, is_mock = self._settings, False
        if settings.dialect is None:
            is_mock = identify_target(self._budget, settings.url, settings.key, self._document)
        if self._client is not None:
            self._client.limits = settings.limits
        if settings.dialect is not None:
            most = settings.profile.max_tokens
            target = discover(self._budget, settings.url, settings.key, settings.dialect, settings.model, most)
            self._document = target.document
            notes += target.notes
        elif self._document.scope == "document" and is_without_base(self._budget, self._document):
            notes.append(f"The target serves the document's operations without {self._document.base}.")
            self._document = self._coverage.document = ContractDocument.open(settings.contract, mounted=True)
        if self._document.speaks:
            asked = self._target(0, is_mock)
            target = discover_spoken(self._budget, settings.url, asked, self._document)
            self._spoken = target.document
            notes += target.notes
        return is_mock

    def _explain_unexamined(self, stopped: str) -> None:
        """Give every promise that was not examined a reason, unless a probe gave one."""
        profile = self._settings.profile
        larger = "" if profile.probes == "full" else "; --profile full does more"
        cases = [case for document in self._documents for case in self._cases(document)]
        if stopped:
            missed = [name for case in cases if case.name not in self._played for name in case.promises]
            self._results.add_reason(missed, "the run stopped before its probe")
        played = {name for case in cases for name in case.promises}
        left = [name for name in self._results.entries if name not in played and name not in CHECKS]
        self._results.add_reason(left, f"not in the profile {profile.name}{larger}")
        for document in self._documents:
            for what, names in missing(document, self._results.entries.values()) if document.scope == "wire" else ():
                self._results.add_absence(names, what)
        self._results.add_reason(CHECKS, f"no answer in this run concerned it{larger}")

    def _target(self, round: int, is_mock: bool) -> Target:
        settings, profile = self._settings, self._settings.profile
        ours = credentials.of_mock(f"{self._nonce}{round}") if is_mock else {}
        return Target(
            key=settings.key,
            credentials={**ours, **settings.credentials},
            assumed=frozenset(ours) - frozenset(settings.credentials),
            model=settings.model,
            max_tokens=profile.max_tokens,
            thorough=profile.thorough,
            paid=profile.paid,
            seed=settings.seed + round,
            keys=settings.keys,
        )

    def _play(self, target: Target) -> None:
        cases, began = [], self._clock()
        for document in self._documents:
            record = partial(self._check_exchange, document=document)
            report = self._results.add_result
            client = Client(document, target, self._send, record, report, time.time, self._wait, self._raw)
            cases += [(case, client) for case in self._cases(document)]
        for number, (case, client) in enumerate(cases, 1):
            took, sent, broken = self._clock() - began, self._budget.spent.requests, len(self._results.of("broken"))
            self._progress(how_far(case.name, number, len(cases), took, sent, broken))
            self._run_probe(case, client)
            self._played.add(case.name)

    def _cases(self, document: ContractDocument) -> list[ProbeCase]:
        """Return the probes to play: all of the profile, or those that the chosen promises of a document need."""
        settings = self._settings
        needed = self._made_in(document) if settings.only or document.scope != "own" else None
        return probe_cases(settings.profile.probes, needed)

    def _run_probe(self, case: ProbeCase, client: Client) -> None:
        try:
            self._play_case(case, client)
        except StateTrouble as why:
            raise _Stopped(f"the normal state could not be restored: {why}") from None
        except NotOffered as why:
            self._results.add_absence(case.promises, str(why))
        except NotExaminable as why:
            self._results.add_reason(case.promises, str(why))
        except _Stopped as why:
            self._results.add_reason(case.promises, str(why))
            raise
        except Exception as error:  # a probe that fails itself says nothing about the target
            words = f"the probe {case.name} failed: {type(error).__name__}: {str(error)[:160]}"
            for name in case.promises:
                self._results.add(CheckOutcome(name, error=words))

    def _play_case(self, case: ProbeCase, client: Client) -> None:
        """Play a probe, in a state of --state if it needs one."""
        states = self._settings.states
        state = state_for((PROMISES[name].needs for name in case.promises), client.target, states)
        if state is None:
            case.play(client)
            return
        there = copy(client)
        there.target = target_in(state, client.target)
        with in_state(state, states):
            case.play(there)

    def _send(self, request: SentRequest, *, pieces: int = 1) -> ReceivedResponse:
        left = self._deadline - self._clock()
        if left <= 0:
            raise self._time_is_up()
        if self._client is not None:
            self._client.seconds_left = left
        response = self._budget(request, pieces=pieces)
        is_whole = response.ended == "complete"
        if not is_whole and self._clock() >= self._deadline:  # the run broke it off, not the target
            raise self._time_is_up()
        with self._lock:
            if response.status:
                self._pace.firsts.append(response.first)
            is_silent = response.status == 0 or response.ended in ("silent", "endless")
            may_go_on = self._document.scope == "document" and response.is_open_stream
            self._silent = self._silent + 1 if is_silent and not may_go_on else 0
            self._trouble += self._silent > 0
            silent, trouble = self._silent, self._trouble
        if silent >= PATIENCE or trouble >= MOST_TROUBLE:
            self._check_exchange(CheckedExchange(request, response, "", time.time()), self._document)
            raise _Stopped(f"{trouble} answers had no proper end ({response.trouble}); the rest was not examined")
        return response

    def _admit(self, requests: int) -> None:
        """Count requests that are sent as bytes, unless the time of the run is over."""
        if self._clock() >= self._deadline:
            raise self._time_is_up()
        self._budget.admit(requests=requests)

    def _time_is_up(self) -> _TimeIsUp:
        return _TimeIsUp(
            f"the run took longer than {self._settings.longest:g} s, at {self._pace} until an answer begins; "
            "--time gives it more"
        )

    def _wait(self, seconds: float) -> None:
        if self._clock() + seconds > self._deadline:
            raise self._time_is_up()
        self._sleep(seconds)

    def _check_exchange(self, exchange: CheckedExchange, document: ContractDocument) -> None:
        settings = self._settings
        operation = document.operations.get(exchange.operation)
        latency = settings.latency if settings.latency is not None else settings.profile.latency
        view = ExchangeView(exchange, document, operation, self._memory, settings.short_sse, latency)
        with self._lock:
            self._coverage.see(exchange)
            for outcome in run_checks(view, self._made_in(document).__contains__):
                self._results.add(outcome)

    def _made_in(self, document: ContractDocument) -> list[str]:
        """Return the promises in force that a document makes."""
        return [name for name in self._results.entries if PROMISES[name].is_made_in(document.scope)]

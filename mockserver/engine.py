"""The engine: one pure step from a session and a request to the next session and what happens on the wire.

`Engine.step(session, request, now)` is the whole gateway. It does no I/O, reads no clock and rolls no global dice;
everything it knows is in its arguments and in the engine's own frozen parts (contract, scripts, settings). So a step
can be tested without a socket, replayed byte for byte, and retried when two workers race for one session.

A request goes through these stages, in this order, and the first that refuses it ends it with an error in the
client's dialect:

    route (404, 405) -> key (401) -> body (413, 400 or 422) -> conversation (400) -> script (404) -> reply -> wire
    -> faults

Auth is judged before the body. A request that is refused before its body is read leaves the session as it was.
"""

from collections.abc import Mapping, Sequence

import msgspec
import orjson

from mockserver import answers, keys, pacing, responses
from mockserver.actions import Actions, Headers
from mockserver.casting import Miss, cast_turn
from mockserver.contract import Asked, Contract, Operation, read_body
from mockserver.conversation import Conversation, JsonObject
from mockserver.errors import Failure, Refusal, did_you_mean
from mockserver.faults import Apply, NoEffectError
from mockserver.matching import Call
from mockserver.replies import Spark, check_limits, default_plan, make_reply
from mockserver.router import NO_PARAMETERS, Parameters
from mockserver.script import FailurePlan, Play, RawPlan, ReplyPlan, Script, fill
from mockserver.session import HEADER as SESSION_HEADER
from mockserver.session import START, Session, name_session
from mockserver.templates import Scene
from mockserver.wire import WIRES
from mockserver.wire.failures import Envelope, WireName

SCENARIO_HEADER = "x-mock-scenario"
SCENARIO_KEY = "sk_mock_"
SCENARIO_MODEL = "mock/"
SEED_HEADER = "x-mock-seed"

MAX_BODY = 10 * 1024 * 1024
"""The largest request body in bytes; a longer one is 413."""


class Request(msgspec.Struct, frozen=True, gc=False):
    """A request as it came. Header names are in lower case; `too_large` says that the body was not kept."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    too_large: bool = False
    query: str = ""


class Settings(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What the operator chose: the scenario that plays by default, and the shape of errors."""

    scenario: str | None = None
    envelope: Envelope = "superset"


class Note(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Why the answer is what it is, for the journal.

    `turn` is 0 where no scenario answered. `idle_faults` had nothing to act on in this answer, each with the reason.
    """

    session: str
    seed: str = "0"
    operation: str = ""
    scenario: str = ""
    turn: int = 0
    code: str = ""
    misses: tuple[str, ...] = ()
    idle_faults: tuple[str, ...] = ()


class Decision(msgspec.Struct, frozen=True, gc=False):
    """What happens on the wire, and why."""

    actions: Actions
    note: Note


class _Arrival(msgspec.Struct, frozen=True, gc=False):
    """A request that has been let in: its session counts it, its operation is known, its body is read."""

    session: Session
    call: Call
    parameters: Parameters
    now: float

    @property
    def operation(self) -> Operation:
        return self.call.operation

    @property
    def trace(self) -> Headers:
        return responses.trace(self.session, self.operation.wire)


class Engine:
    """The gateway as a function. Frozen after it is made; safe to share between threads."""

    def __init__(self, contract: Contract, scripts: Mapping[str, Script], settings: Settings) -> None:
        self.contract = contract
        self.scripts = scripts
        self.settings = settings

    def step(self, session: Session, request: Request, now: float) -> tuple[Session, Decision]:
        """The next session, and the decision. `now` is the session's time in seconds since the epoch."""
        operation: Operation | None = None
        try:
            operation, parameters = self.contract.find(request.method, request.path)
            if operation.guest is not None:
                operation.guest.admit(_asked(request, parameters))
            else:
                keys.authenticate(operation, request.headers)
            if SESSION_HEADER in request.headers:
                name_session(request.headers)
        except Refusal as refusal:
            return session, self._refused(session, operation, request, refusal, "")
        session = _seeded(session.counted(), request)
        try:
            arrival = _Arrival(session, read_call(operation, request, parameters), parameters, now)
            return self._answer(arrival)
        except Refusal as refusal:
            return session, self._refused(session, operation, request, refusal, operation.name)

    def _answer(self, arrival: _Arrival) -> tuple[Session, Decision]:
        session, call = arrival.session, arrival.call
        script = self._script(call)
        if script is not None:
            progress = session.of(script.name, script.edition)
            if progress.state != START:
                call = msgspec.structs.replace(call, state=progress.state)
            chosen = cast_turn(script, progress, call, session)
            if chosen is not None:
                return self._played(arrival, script, *chosen)
        note = Note(session=session.id, seed=session.seed, operation=call.operation.name)
        if call.operation.guest is not None:
            asked = Asked(method=call.operation.method, headers=call.headers)
            given = call.operation.guest.answer(asked, *_seed(session))
            return session, Decision(responses.given(given, arrival.trace), note)
        if call.conversation is None or not call.operation.is_conversation:
            body = answers.answer(call.operation, arrival.parameters, call.conversation)
            return session, Decision(responses.whole(200, body, responses.JSON, arrival.trace), note)
        spark = Spark((session.seed, session.id, str(session.requests)))
        scene = Scene(call.conversation, call.body, 0, session.requests, arrival.now, spark.parts)
        plan = default_plan(call.conversation, spark)
        return session, Decision(_reply(arrival, call.conversation, plan, scene, spark, ()), note)

    def _script(self, call: Call) -> Script | None:
        """The scenario that the caller chose by header, model or key, else the operator's, else none."""
        name = call.headers.get(SCENARIO_HEADER)
        if name is None and call.conversation is not None and call.conversation.model.startswith(SCENARIO_MODEL):
            name = call.conversation.model.removeprefix(SCENARIO_MODEL)
        if name is None and call.key.startswith(SCENARIO_KEY):
            name = call.key.removeprefix(SCENARIO_KEY).partition("_")[0]
        if name is None:
            name = self.settings.scenario
        if name is None:
            return None
        script = self.scripts.get(name)
        if script is None:
            raise Refusal(404, "unknown_scenario", f"No scenario '{name}'; {did_you_mean(name, self.scripts)}")
        return script

    def _played(self, arrival: _Arrival, script: Script, play: Play, session: Session) -> tuple[Session, Decision]:
        """One play of a turn: the session that remembers it, and its answer."""
        hit = session.of(script.name, script.edition).hits[play.number]
        seed = script.seed if script.seed is not None else session.seed
        spark = Spark((seed, session.id, script.name, str(play.number), str(hit)))
        said = arrival.call.conversation or _NOTHING_SAID
        scene = Scene(said, arrival.call.body, play.number, hit, arrival.now, spark.parts)
        told = (("x-mock-turn", f"{script.name}/{play.number}"),)
        code, plan = "", play.plan
        if isinstance(plan, FailurePlan):
            failure = msgspec.structs.replace(plan.failure, message=plan.message.fill(scene))
            code = failure.code
            actions = self._failed(session, arrival.operation, arrival.call.headers, failure, told)
        elif isinstance(plan, RawPlan):
            actions = _raw(plan, scene, (*arrival.trace, *told))
        else:
            actions = _reply(arrival, said, plan, scene, spark, told)
        actions, idle = _bent(responses.with_headers(actions, play.headers), play.faults, spark)
        note = Note(
            session=session.id,
            seed=seed,
            operation=arrival.operation.name,
            scenario=script.name,
            turn=play.number,
            code=code,
            idle_faults=idle,
        )
        return session, Decision(actions, note)

    def _refused(
        self, session: Session, operation: Operation | None, request: Request, refusal: Refusal, name: str
    ) -> Decision:
        """The mock's own refusal, in the client's dialect."""
        failure = refusal.failure
        misses = refusal.misses if isinstance(refusal, Miss) else ()
        note = Note(session=session.id, seed=session.seed, operation=name, code=failure.code, misses=misses)
        told = (("x-mock-error", failure.code), ("x-mock-seed", session.seed))
        if operation is None:
            wire = wire_of(request.path)
            return Decision(responses.failed(failure, wire, session, self.settings.envelope, told), note)
        return Decision(self._failed(session, operation, request.headers, failure, told), note)

    def _failed(
        self, session: Session, operation: Operation, headers: Mapping[str, str], failure: Failure, told: Headers
    ) -> Actions:
        """An error answer: a foreign operation's as its document has it, else in the client's dialect."""
        if operation.guest is not None:
            asked = Asked(method=operation.method, headers=headers)
            given = operation.guest.failed(failure, asked, *_seed(session))
            if given is not None:
                trace = responses.trace(session, operation.wire)
                return responses.given(given, (*failure.headers, *trace, *told))
        return responses.failed(failure, operation.wire, session, self.settings.envelope, told)


def wire_of(path: str) -> WireName:
    """The dialect that a client of this path most likely speaks, whether the path exists or not."""
    return "anthropic" if "/messages" in path else "openai"


def _asked(request: Request, parameters: Parameters) -> Asked:
    """The request as a foreign operation reads it."""
    return Asked(
        method=request.method, headers=request.headers, parameters=parameters, query=request.query, body=request.body
    )


def _seed(session: Session) -> tuple[object, ...]:
    """What the automatic answers of foreign operations are derived from."""
    return session.seed, session.id, session.requests


def _seeded(session: Session, request: Request) -> Session:
    """The session with the seed that the caller demands, if any."""
    seed = request.headers.get(SEED_HEADER)
    return session if seed is None or seed == session.seed else msgspec.structs.replace(session, seed=seed[:100])


_NOTHING_SAID = Conversation(model="", messages=(), body={})


def read_call(operation: Operation, request: Request, parameters: Parameters = NO_PARAMETERS) -> Call:
    """The body of a request and the conversation in it. Raises `Refusal` 413, 400 or 422."""
    if request.too_large:
        raise Refusal(413, "request_too_large", f"The request body is larger than {MAX_BODY} bytes.")
    if operation.guest is not None:
        body = operation.guest.read(_asked(request, parameters))
    else:
        body = read_body(operation, request.body, request.headers.get("content-type", ""))
    return Call(
        operation=operation,
        conversation=None if operation.wire == "json" else _conversation(operation, body),
        path=request.path,
        headers=request.headers,
        key=keys.key_of(request.headers),
        body=body,
    )


def _conversation(operation: Operation, body: JsonObject) -> Conversation:
    wire = WIRES[operation.wire]
    conversation = wire.parse(body, operation.max_tokens)
    wire.check(conversation)
    check_limits(operation, conversation)
    return conversation


def _reply(
    arrival: _Arrival, conversation: Conversation, plan: ReplyPlan, scene: Scene, spark: Spark, told: Headers
) -> Actions:
    """A reply on the client's wire, whole or streamed, at its pace."""
    wire = WIRES[arrival.operation.wire]
    reply = make_reply(plan, conversation, arrival.operation, wire, scene, spark)
    headers = (*arrival.trace, *told)
    chunk = plan.pace.chunk if plan.pace is not None else "word"
    if conversation.stream:
        actions = responses.streamed(wire.frames(reply, chunk, conversation), headers)
    else:
        actions = responses.whole(200, wire.whole(reply), responses.JSON, headers)
    if plan.pace is None:
        return actions
    deltas = sum([frame.event in pacing.DELTAS for frame in wire.frames(reply, chunk, conversation)])
    return pacing.paced(actions, plan.pace, deltas, spark.dice("pace"))


def _raw(plan: RawPlan, scene: Scene, headers: Headers) -> Actions:
    """A raw response, its templates filled."""
    body = fill(plan.body, scene)
    media_type = "text/plain; charset=utf-8" if isinstance(body, str) else responses.JSON
    payload = body.encode() if isinstance(body, str) else orjson.dumps(body)
    return responses.with_headers(responses.whole(plan.status, payload, media_type, headers), plan.headers)


def _bent(actions: Actions, faults: Sequence[Apply], spark: Spark) -> tuple[Actions, tuple[str, ...]]:
    """The actions after every fault in turn, and why those did nothing that found nothing to act on."""
    idle = []
    for number, fault in enumerate(faults):
        try:
            actions = fault(actions, spark.dice("fault", number))
        except NoEffectError as error:
            idle.append(str(error))
    return actions, tuple(idle)

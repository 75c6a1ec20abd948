"""The stage of chaos: what the rules of a profile make of a decision. Pure, like every stage of a step.

- A draw comes from (seed, session, profile, rule, request), so the run that broke a client can be repeated exactly.
  The note lists the rules that fired (`Note.draws`).
- Chaos remembers in the session when it began and how often each rule fired; it changes nothing else there.
- A client can choose a profile for its session with the header `x-mock-chaos` (`none` ends it).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import msgspec

from mockserver.accounts.session import ChaosMemory, Session
from mockserver.core.actions import Actions, Head, Wait
from mockserver.core.errors import Refusal, did_you_mean
from mockserver.core.rng import NumberedDraws, Rng, joined
from mockserver.engine.arrival import Arrival
from mockserver.engine.chaos_profile import NONE, ChaosProfile, CompiledRule
from mockserver.engine.decision import Decision
from mockserver.engine.recipe import with_faults, without_pace
from mockserver.engine.responses import TURN_HEADER
from mockserver.faults import Context, WaitingFault, apply_faults, in_order
from mockserver.scenarios.call import Call
from mockserver.scenarios.matcher import matches
from mockserver.wires import wire_named
from mockserver.wires.caching import CacheState
from mockserver.wires.wire import Wire

CHAOS_HEADER = "x-mock-chaos"


class ChaosSettings(msgspec.Struct, frozen=True):
    """The known profiles by name, and the profile of every session that chooses none."""

    profiles: Mapping[str, ChaosProfile] = {}
    default: str | None = None


NO_CHAOS = ChaosSettings()


class Draws(msgspec.Struct, frozen=True, gc=False):
    """What chaos has drawn for a request: the session's memory of it, the rules whose draw was lucky, each with it.

    `profile` is None where the session has none, and where the memory names one that does not exist.
    """

    memory: ChaosMemory
    profile: ChaosProfile | None
    lucky: Sequence[tuple[CompiledRule, float]]

    def spares(self, arrival: Arrival, cache: CacheState, now: float) -> bool:
        """Return whether chaos leaves the answer to a request as it is: no lucky rule may fire."""
        if self.profile is None:
            return self.memory.profile == NONE
        return not any(_may_fire(rule, self.memory, arrival, cache, now) for rule, _ in self.lucky)

    def remembered(self, session: Session) -> Session:
        """Return a session with chaos's memory after a request that it spared."""
        return session if self.memory is session.chaos else msgspec.structs.replace(session, chaos=self.memory)


def drawn(chaos: ChaosSettings, session: Session, headers: Mapping[str, str], now: float) -> Draws | None:
    """Return the draws for the next request of a session; None without chaos."""
    if session.chaos is None and chaos.default is None and CHAOS_HEADER not in headers:
        return None
    memory = session.chaos or ChaosMemory(began=now, profile=chaos.default or NONE)
    chosen = headers.get(CHAOS_HEADER, memory.profile)
    if chosen != memory.profile:
        memory = ChaosMemory(began=now, profile=chosen)
    profile = chaos.profiles.get(chosen) if chosen != NONE else None
    return Draws(memory, profile, _lucky(profile, session, chosen) if profile is not None else ())


def disturb(
    chaos: ChaosSettings,
    draws: Draws,
    before: Session,
    arrival: Arrival,
    now: float,
    after: Session,
    decision: Decision,
) -> tuple[Session, Decision]:
    """Return the session and the decision that chaos leaves.

    `before` and `after` are the session before and after the undisturbed step, which made `decision`.
    """
    if draws.spares(arrival, decision.note.cache, now):
        return draws.remembered(after), decision
    if draws.profile is None:
        wire = wire_named(arrival.routed().wire)
        return after, _unknown(decision, draws.memory.profile, chaos.profiles, wire)
    memory, decision, failed = _apply_rules(draws.profile, draws, before, arrival, now, decision)
    # An error replaces the answer: the session counts the request, but no turn was played and nothing was paid.
    kept = before.counted(now) if failed else after
    return msgspec.structs.replace(kept, chaos=memory), decision


def _apply_rules(
    profile: ChaosProfile,
    draws: Draws,
    session: Session,
    arrival: Arrival,
    now: float,
    decision: Decision,
) -> tuple[ChaosMemory, Decision, bool]:
    """Return chaos's memory after this request, the decision that it leaves, and whether that is a rule's error."""
    memory, fired, idle = draws.memory, dict(draws.memory.fired), list(decision.note.idle_faults)
    lines: list[str] = []
    laid: list[WaitingFault] = []
    actions, waiting, failed = decision.actions, decision.waiting, False
    recipe = decision.recipe
    wire = wire_named(arrival.routed().wire)
    for rule, drawn in draws.lucky:
        if not _may_fire(rule, memory, arrival, decision.note.cache, now):
            continue
        seed_path = (session.seed, session.id, "chaos", memory.profile, rule.number, session.requests + 1)
        fired[rule.number] = fired.get(rule.number, 0) + 1
        lines.append(f"{profile.name}/{rule.number}: {drawn:.6f} < {rule.probability:g}: {rule.effect}")
        failed = rule.is_error
        if failed:
            actions, waiting = _without_turn(actions), ()
            recipe = without_pace(recipe)
        contexts = _contexts((*seed_path, "faults"), now, wire)
        laid += [WaitingFault(rule.faults[index], contexts(n)) for n, index in enumerate(in_order(rule.faults))]
        applied = apply_faults(actions, rule.faults, contexts)
        actions, waiting = applied.actions, (*waiting, *applied.waiting)
        recipe = with_faults(recipe, rule.faults)
        idle += [f"chaos: {reason}" for reason in applied.idle]
        if failed:
            break
    note = msgspec.structs.replace(decision.note, draws=tuple(lines), idle_faults=tuple(idle))
    if failed:
        note = msgspec.structs.replace(note, code="chaos", turn=0, usage=None)
    receipt = None if failed else decision.receipt
    after = msgspec.structs.replace(
        decision, actions=actions, note=note, receipt=receipt, waiting=waiting, recipe=recipe, laid=tuple(laid)
    )
    return ChaosMemory(memory.began, memory.profile, fired), after, failed


def _call(arrival: Arrival, cache: CacheState) -> Call:
    """Return the request as conditions see it; one whose body was refused has no conversation."""
    try:
        return msgspec.structs.replace(arrival.call(), cache=cache)
    except Refusal:
        return arrival.outline()


def _lucky(profile: ChaosProfile, session: Session, name: str) -> list[tuple[CompiledRule, float]]:
    """Return the rules whose draw for this request is below their probability, each with its draw.

    Every rule draws for itself, so it can draw before it is known whether it may fire: few need be looked at then.
    """
    request, draws = session.requests + 1, _draws(session.seed, session.id, name, len(profile.rules))
    return [
        (rule, luck)
        for rule, draw in zip(profile.rules, draws, strict=True)
        if (luck := draw.of(request)) < rule.probability
    ]


@lru_cache(maxsize=1_024)
def _draws(seed: str, id: str, name: str, rules: int) -> tuple[NumberedDraws, ...]:
    """Return the draws of each rule of a profile for the requests of a session."""
    prefix = joined(seed, id, "chaos", name)
    return tuple([NumberedDraws(prefix, number) for number in range(1, rules + 1)])


def _may_fire(rule: CompiledRule, memory: ChaosMemory, arrival: Arrival, cache: CacheState, now: float) -> bool:
    """Return whether a rule is below its limit, in its window, and for this request."""
    if rule.limit is not None and memory.fired.get(rule.number, 0) >= rule.limit:
        return False
    if not rule.window.is_open(max(0.0, now - memory.began)):
        return False
    return not rule.matchers or matches(rule.matchers, _call(arrival, cache))


def _without_turn(actions: Actions) -> Actions:
    """Return the answer without waits and without the header of its turn: the gateway fails before its model starts."""
    kept = [action for action in actions if not isinstance(action, Wait)]
    return tuple([_without_turn_header(action) if isinstance(action, Head) else action for action in kept])


def _without_turn_header(head: Head) -> Head:
    return Head(head.status, tuple([(name, value) for name, value in head.headers if name != TURN_HEADER]))


def _contexts(seed_path: tuple[object, ...], now: float, wire: Wire) -> Callable[[int], Context]:
    """Return what makes the context of each fault of a rule, with a generator of its own."""
    return lambda number: Context(Rng(*seed_path, number), now, wire)


def _unknown(decision: Decision, name: str, known: Mapping[str, ChaosProfile], wire: Wire) -> Decision:
    """Return the error for a profile that does not exist: a misspelt name must not be silently ignored."""
    message = f"No chaos profile '{name}'; {did_you_mean(name, [*known, NONE])}"
    from mockserver.faults.compile import compile_fault  # needed for this mistake only

    fault = compile_fault({"error": {"status": 404, "code": "unknown_chaos", "message": message}})
    note = msgspec.structs.replace(decision.note, code="unknown_chaos", turn=0)
    return Decision(fault(_without_turn(decision.actions), Context(Rng(), wire=wire)), note)

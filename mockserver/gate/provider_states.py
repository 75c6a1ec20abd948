"""Provider states: a command or a URL that puts the target into a situation, beside keys that are in it already.

`--state out-of-credits=COMMAND|URL` is called before each probe that needs the situation; `--state normal=COMMAND|URL`
ends it after the probe, also if that failed. A URL gets an empty POST. A state that cannot be set leaves promises *not
examined*; one that cannot be ended stops the run, because nothing after it would be true.
"""

import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import urllib3

from mockserver.contracts.client import NotExaminable, Target
from mockserver.core.errors import OperatorError, did_you_mean

STATES: Mapping[str, tuple[str, ...]] = {
    "out-of-credits": ("exhausted", "empty"),
    "rate-limited": ("limited", "window"),
    "failing": ("failing",),
    "model-loading": ("loading",),
    "normal": (),
}
"""State -> the credentials whose place the ordinary key takes meanwhile."""

NORMAL = "normal"

LONGEST = 30
"""Seconds that a command or a URL may take."""


class StateTrouble(Exception):
    """A state could not be set. The message says why."""


def read_states(options: Sequence[str]) -> dict[str, str]:
    """Return state -> command or URL. Raises `OperatorError` for a wrong name or form."""
    states = {}
    for option in options:
        name, equals, action = option.partition("=")
        if name not in STATES:
            raise OperatorError(f"--state {name}: no such state{did_you_mean(name, STATES)}")
        if not equals or not action.strip():
            raise OperatorError(f"--state {name}: expected {name}=COMMAND or {name}=URL")
        states[name] = action.strip()
    if states and NORMAL not in states:
        raise OperatorError("--state: give --state normal=COMMAND|URL too, which ends every other state")
    return states


def state_for(needs: Iterable[str], target: Target, states: Mapping[str, str]) -> str | None:
    """Return the state that stands for a credential that nobody gave, or None."""
    missing = {name for name in needs if name in target.assumed or not target.credentials.get(name)}
    return next((name for name in states if not missing.isdisjoint(STATES[name])), None)


def target_in(state: str, target: Target) -> Target:
    """Return a target in a state: its ordinary key stands for the credentials of the state."""
    keys = dict.fromkeys(STATES[state], target.key)
    return replace(target, credentials={**target.credentials, **keys}, assumed=target.assumed - set(keys))


def enter(action: str) -> None:
    """Call a URL, or run a command in a shell. Raises `StateTrouble` if it fails."""
    if action.startswith(("http://", "https://")):
        try:
            status = urllib3.request("POST", action, timeout=LONGEST, retries=False).status
        except urllib3.exceptions.HTTPError as error:
            raise StateTrouble(f"{action}: {type(error).__name__}") from None
        if not 200 <= status < 300:
            raise StateTrouble(f"{action} answered {status}")
        return
    try:
        done = subprocess.run(action, shell=True, capture_output=True, text=True, timeout=LONGEST, check=False)
    except subprocess.TimeoutExpired:
        raise StateTrouble(f"{action!r} took longer than {LONGEST} s") from None
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise StateTrouble(f"{action!r} ended with {done.returncode}: {''.join(last)[:160]}")


@contextmanager
def in_state(name: str, states: Mapping[str, str]) -> Iterator[None]:
    """Put the target into a state while the block runs, and back into the normal one.

    Raises `NotExaminable` if the state cannot be set, `StateTrouble` if it cannot be ended.
    """
    try:
        try:
            enter(states[name])
        except StateTrouble as why:
            raise NotExaminable(f"the state {name} could not be set: {why}") from None
        yield
    finally:
        enter(states[NORMAL])

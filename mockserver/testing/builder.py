"""Playing: what one session of a test plays now, and how turns are built in Python with the words of a file.

A stage holds one scenario. `play` puts another in its place, from the beginning; `add` appends a turn, and what was
played so far stays played. Both check what they are given as `mockserver lint` does, reply and fault against the
contract too, and tell a mistake at the line of the test that made it.
"""

import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec
import orjson
from pydantic import ValidationError

from mockserver.accounts.schema import Account
from mockserver.core.errors import AuthorError, OperatorError, Problem, did_you_mean
from mockserver.engine.chaos import Chaos, ChaosProfile, compile_chaos
from mockserver.files import loader, yaml_reader
from mockserver.files.chaos_file import read_profile
from mockserver.files.dry_run import dry_run
from mockserver.openapi.contract import Contract
from mockserver.scenarios.compile import Script, compile_scenario, make_script
from mockserver.scenarios.schema import Scenario, Turn
from mockserver.testing.registry import NOTHING_PLAYS, ProfileRegistry, ScriptRegistry

__tracebackhide__ = True
"""A failing test shows its own line, not ours (pytest looks for this name)."""

BUILT = "test"
"""The name of a scenario that is built turn by turn."""

HERE = str(Path(__file__).parent)


class SessionScript:
    """What a session plays: `script`."""

    def __init__(self, scripts: ScriptRegistry, contract: Contract, account: Account | None = None) -> None:
        self._scripts = scripts
        self._contract = contract
        self._account = account
        self._scenario: Scenario | None = None
        self._edition = 0
        self.script: Script = self._with_account(NOTHING_PLAYS)

    def play(self, given: "str | Path | Scenario | Mapping[str, object]") -> None:
        """Play a shipped name, a file, YAML, a mapping of the same words, or a `Scenario`."""
        scenario, file = self._read(given)
        script, complaints = compile_scenario(scenario, self._contract)
        if not complaints and file:
            complaints = dry_run(script, self._contract)
        if complaints:
            raise AuthorError([_problem(file, ".".join(map(str, path)), told) for path, told in complaints])
        self._scenario = scenario
        self._edition += 1
        self._set(script)

    def add(self, words: Mapping[str, object]) -> None:
        """Append a turn in the words of a file."""
        turn = _turn(words)
        before = self._scenario
        if before is None:
            scenario = Scenario(scenario=BUILT, turns=[turn])
        else:
            scenario = before.model_copy(update={"turns": [*before.turns, turn]})
        self._take(scenario)

    def change_last(self, words: Mapping[str, object]) -> None:
        """Put another turn in the place of the last."""
        assert self._scenario is not None, "last_turn says so first"
        turns = [*self._scenario.turns[:-1], _turn(words)]
        self._take(self._scenario.model_copy(update={"turns": turns}))

    @property
    def last_turn(self) -> dict[str, object]:
        """The words of the last turn. Raises `OperatorError` where nothing plays."""
        if self._scenario is None:
            raise OperatorError("there is no turn yet that a fault could go with; say gateway.reply(…) first")
        last = self._scenario.turns[-1]
        found: dict[str, object] = last.model_dump(mode="json", by_alias=True, exclude_unset=True)
        if last.times is None:
            found["times"] = "always"
        return found

    def _take(self, scenario: Scenario) -> None:
        """Compile a scenario whose last turn is new; of the others all is known."""
        script, complaints = compile_scenario(scenario, self._contract)
        number = len(script.turns) - 1
        own = [complaint for complaint in complaints if complaint.path[:2] in (("turns", number), ())]
        own = own or complaints or dry_run(make_script(BUILT, script.turns[-1:]), self._contract)
        if own:
            raise AuthorError([_problem("", ".".join(map(str, path[2:])), told) for path, told in own])
        self._scenario = scenario
        self._set(script)

    def _set(self, script: Script) -> None:
        """What plays from now on. The edition changes only with `play`, so that added turns find what was played."""
        self.script = self._with_account(msgspec.structs.replace(script, edition=f"test-{self._edition}"))

    def _with_account(self, script: Script) -> Script:
        return script if self._account is None else msgspec.structs.replace(script, account=self._account)

    def _read(self, given: "str | Path | Scenario | Mapping[str, object]") -> tuple[Scenario, str]:
        """The scenario, and the file's name in messages: nothing for a shipped one, which is known to be good."""
        if isinstance(given, Scenario):
            return given, "Scenario(…)"
        if isinstance(given, Mapping):
            return loader.parse(orjson.dumps(given), "play({…})").scenario, "play({…})"
        if isinstance(given, Path) or (given.endswith((".yaml", ".yml")) and "\n" not in given):
            return loader.load(Path(given)).scenario, str(given)
        if ":" in given or "\n" in given:
            return loader.parse(given.encode(), "play('''…''')").scenario, "play('''…''')"
        return self._scripts.scenario(given), ""


def _turn(words: Mapping[str, object]) -> Turn:
    """A turn, checked as one of a file."""
    try:
        source = orjson.dumps(words)
    except TypeError as error:
        raise AuthorError(
            [_problem("", "", f"a turn is made of texts, numbers, lists and mappings: {error}")]
        ) from None
    with suppress(ValidationError):
        return Turn.model_validate(orjson.loads(source))
    try:
        return loader.check(Turn, yaml_reader.read(source, ""))  # slower, and has the words for what is wrong
    except AuthorError as error:
        raise AuthorError([_problem("", problem.path, problem.message) for problem in error.problems]) from None


def read_account(words: Mapping[str, object] | Account | None) -> Account | None:
    """An account in the words of a file. Its keys are the session's own."""
    if words is None or isinstance(words, Account):
        account = words
    else:
        account = loader.check(Account, yaml_reader.read(orjson.dumps(words), "account"))
    if account is not None and account.all_keys:
        raise OperatorError("account: the key is minted for the test; leave out key and keys")
    return account


def read_chaos(given: str | Path | Mapping[str, object], known: ProfileRegistry) -> ChaosProfile:
    """A chaos profile by name, from a file, or in the words of one."""
    if isinstance(given, str) and given in known:
        return known[given]
    if isinstance(given, Mapping):
        document = yaml_reader.read(orjson.dumps({"chaos": "test", **given}), "chaos({…})")
    elif isinstance(given, str) and "\n" in given:
        document = yaml_reader.read(given.encode(), "chaos('''…''')")
    elif isinstance(given, Path) or given.endswith((".yaml", ".yml")):
        return read_profile(Path(given))
    else:
        raise OperatorError(f"no chaos profile is called '{given}'; {did_you_mean(given, known)}")
    profile, complaints = compile_chaos(loader.check(Chaos, document))
    if complaints:
        problems: list[Problem] = [document.problem(document.written(path), told) for path, told in complaints]
        raise AuthorError(problems)
    return profile


def _problem(file: str, path: str, message: str) -> Problem:
    """A mistake, at the line of the test that made it."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(HERE):
        frame = frame.f_back
    where = frame.f_code.co_filename
    return Problem(where, frame.f_lineno, 1, path, f"{file}: {message}" if file else message)

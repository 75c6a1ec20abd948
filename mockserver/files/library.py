"""The scenarios that a server knows: those shipped, and those that its operator chose.

The operator chooses a shipped scenario by its name, a file, or a folder of files. A file's scenario replaces a shipped
one of the same name; two files in one folder must have different names. Every file of the operator is read, checked and
compiled before anything is served, and the mistakes of all files are reported together.
"""

from collections.abc import Iterable, Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from mockserver.core.clock import Clock, SystemClock
from mockserver.core.errors import AuthorError, OperatorError, Problem, did_you_mean
from mockserver.core.layered import LayeredMapping
from mockserver.files import bundled, loader
from mockserver.files.shipped import Shipped
from mockserver.files.sidecar import recorded_answers
from mockserver.files.yaml_document import YamlDocument
from mockserver.openapi.contract import Contract
from mockserver.scenarios.age import age_problem
from mockserver.scenarios.problems import ScenarioProblem
from mockserver.scenarios.script import Script

if TYPE_CHECKING:
    from mockserver.scenarios.schema import Scenario

SYSTEM_CLOCK = SystemClock()


class Library(NamedTuple):
    """The scenarios and their files by name, and the name of the default one, if any."""

    scripts: Mapping[str, Script]
    files: Mapping[str, Path]
    playing: str | None = None

    @property
    def own(self) -> list[str]:
        """Return the names of the operator's own scenarios."""
        return [name for name, file in self.files.items() if file.parent != bundled.SCENARIOS]


def load_library(contract: Contract, chosen: str | None = None) -> Library:
    """Return the shipped scenarios and what the operator chose: a name, a file or a folder.

    Raises `AuthorError` with every mistake in every file, and `OperatorError` for an unknown name or missing file.
    """
    shipped = shipped_scripts(contract)
    if chosen is None or chosen in shipped:
        return Library(shipped, shipped.files, chosen)
    path = Path(chosen)
    if path.is_dir():
        own = _read(loader.discover(path), contract)
        if not own:
            raise OperatorError(f"{chosen}: no scenario file (*.yaml) in this folder")
        return _with_own(shipped, own, next(iter(own)) if len(own) == 1 else None)
    if path.is_file() or path.suffix in (".yaml", ".yml"):
        own = _read([path], contract)
        return _with_own(shipped, own, next(iter(own)))
    raise OperatorError(f"no scenario, file or folder is called '{chosen}'; {did_you_mean(chosen, shipped)}")


def shipped_scripts(contract: Contract) -> Shipped[Script]:
    """Return the shipped scenarios. The project's own tests try them out, so they are only compiled here."""
    return Shipped(bundled.SCENARIOS, lambda document: script_of(document, contract, try_out=False))


class _OwnScript(NamedTuple):
    """A script of the operator, and its file."""

    script: Script
    file: Path


def _with_own(shipped: Shipped[Script], own: Mapping[str, _OwnScript], playing: str | None) -> Library:
    """Return the shipped scenarios under those of the operator."""
    scripts = {name: entry.script for name, entry in own.items()}
    files = {**shipped.files, **{name: entry.file for name, entry in own.items()}}
    return Library(LayeredMapping(scripts, cast(MutableMapping[str, Script], shipped)), files, playing)


def _read(files: Iterable[Path], contract: Contract) -> dict[str, _OwnScript]:
    entries: dict[str, _OwnScript] = {}
    problems: list[Problem] = []
    for file in files:
        try:
            script = read_script(file, contract)
        except AuthorError as error:
            problems += error.problems
            continue
        twin = entries.get(script.name)
        if twin is not None:
            problems.append(
                Problem(str(file), 1, 1, "scenario", f"'{script.name}' is also the name of {twin.file}; choose another")
            )
        entries[script.name] = _OwnScript(script, file)
    if problems:
        raise AuthorError(problems)
    return entries


def read_script(file: Path, contract: Contract, *, try_out: bool = True) -> Script:
    """Return the script of one file. Raises `AuthorError` with every mistake, each with its line.

    `try_out` also plays every turn (see `dry_run.py`).
    """
    return script_of(loader.read_document(file), contract, try_out=try_out)


def script_of(
    document: YamlDocument, contract: Contract, *, try_out: bool = True, clock: Clock = SYSTEM_CLOCK
) -> Script:
    """Return the script of a document, checked as by `read_script`."""
    loaded = loader.scenario_of(document)
    script, problems = compile_file(loaded.scenario, document.file, contract, clock)
    if not problems and try_out:
        from mockserver.files.dry_run import dry_run  # most of a server's start has nothing to try out

        problems = dry_run(script, contract)
    if problems:
        raise AuthorError([loaded.problem(path, message) for path, message in problems])
    return script


def compile_file(
    scenario: "Scenario", file: str, contract: Contract, clock: Clock = SYSTEM_CLOCK
) -> tuple[Script, list[ScenarioProblem]]:
    """Return the script of a scenario in a file, and its mistakes: also those of its age and recorded answers."""
    from mockserver.scenarios.compile import compile_scenario

    script, problems = compile_scenario(scenario, contract, recorded_answers(scenario, file))
    old = age_problem(scenario, clock.now())
    return script, [ScenarioProblem(*old), *problems] if old is not None else problems

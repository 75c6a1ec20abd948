"""Scenarios, chaos profiles and faults: what there is to play, and whether a text can be played."""

from collections.abc import Iterable, Iterator
from functools import cache

from fastapi import APIRouter

from mockserver.control import requests, responses
from mockserver.control.context import ControlContext, missing
from mockserver.core.errors import AuthorError, OperatorError, Problem
from mockserver.faults import FAULTS, pages
from mockserver.files import yaml_reader
from mockserver.files.explain import explain_lines, read_request
from mockserver.scenarios.compile import Script


def problem_shapes(problems: Iterable[Problem]) -> list[responses.ProblemShape]:
    """Mistakes, as they are shown: the file is the text that was sent."""
    return [
        responses.ProblemShape(line=one.line, column=one.column, path=one.path, message=one.message) for one in problems
    ]


def routes(hub: ControlContext) -> APIRouter:
    """The routes of scenarios, profiles and faults."""
    router, desk = APIRouter(tags=["scenarios"]), hub.desk

    def shape(script: Script) -> responses.ScenarioShape:
        return responses.ScenarioShape(
            name=script.name, about=script.about, origin=desk.origin_of(script.name), turns=len(script.turns)
        )

    @router.get("/scenarios")
    async def list_scenarios() -> list[responses.ScenarioShape]:
        """Every scenario by name."""
        return [shape(script) for _, script in sorted(desk.scenarios.items())]

    @router.get("/scenarios/{name}")
    async def read_scenario(name: str) -> responses.ScenarioTextShape:
        """One scenario, with its text."""
        with missing():
            text = desk.text_of(name)
        return responses.ScenarioTextShape(**shape(desk.scenarios[name]).model_dump(), yaml=text)

    @router.put("/scenarios/{name}")
    async def put_scenario(name: str, said: requests.ScenarioText) -> responses.ScenarioTextShape:
        """Keep a scenario in memory, live at once. It hides a file of the same name."""
        script = desk.put_scenario(name, said.yaml)
        desk.tell("scenarios")
        return responses.ScenarioTextShape(**shape(script).model_dump(), yaml=said.yaml)

    @router.delete("/scenarios/{name}", status_code=204)
    async def delete_scenario(name: str) -> None:
        """Forget a scenario in memory; what it hid is back."""
        with missing():
            desk.delete_scenario(name)
        desk.tell("scenarios")

    @router.post("/lint")
    async def lint(said: requests.ScenarioText) -> responses.LintShape:
        """Every mistake of a scenario's text."""
        problems: list[Problem] = []
        name = None
        try:
            name = desk.read_scenario(said.yaml).name
        except AuthorError as error:
            problems = error.problems
            name = _name_in(said.yaml)
        return responses.LintShape(name=name, problems=problem_shapes(problems))

    @router.post("/explain")
    async def explain(said: requests.Explanation) -> responses.LinesShape:
        """Which turn answers a request, and why the others do not."""
        if said.scenario is not None and said.scenario not in desk.scenarios:
            desk.check_scenario(said.scenario)
            raise OperatorError("nothing plays under 'none': the mock answers by itself")
        script = desk.scenarios[said.scenario] if said.scenario is not None else desk.read_scenario(said.yaml or "")
        request = read_request(said.request, said.path)
        return responses.LinesShape(lines=list(explain_lines(script, hub.contract, request)))

    @router.get("/chaos")
    async def list_profiles() -> list[responses.ProfileShape]:
        """Every chaos profile."""
        return [
            responses.ProfileShape(name=name, about=profile.about, rules=len(profile.rules))
            for name, profile in sorted(desk.profiles.items())
        ]

    @router.put("/chaos/{name}")
    async def put_profile(name: str, said: requests.ScenarioText) -> responses.ProfileShape:
        """Keep a chaos profile in memory."""
        profile = desk.put_profile(name, said.yaml)
        desk.tell("scenarios")
        return responses.ProfileShape(name=profile.name, about=profile.about, rules=len(profile.rules))

    @router.delete("/chaos/{name}", status_code=204)
    async def delete_profile(name: str) -> None:
        """Forget a chaos profile in memory."""
        with missing():
            desk.delete_profile(name)
        desk.tell("scenarios")

    @router.get("/faults")
    async def list_faults() -> list[responses.FaultShape]:
        """The table of faults."""
        return list(fault_shapes())

    return router


@cache
def fault_shapes() -> tuple[responses.FaultShape, ...]:
    """The table of faults, as it is shown; each example is tried out once."""
    return tuple(_faults())


def _faults() -> Iterator[responses.FaultShape]:
    for fault in FAULTS.values():
        rows = [
            responses.ParameterShape(name=name.rstrip("*"), about=about, main=name.endswith("*"), default=default)
            for name, default, about in pages.parameters(fault)
        ]
        yield responses.FaultShape(
            name=fault.name,
            group=fault.group,
            about=fault.about,
            source=fault.source,
            example=fault.spelling,
            parameters=rows,
            acts_on=pages.acts_on(fault),
        )


def _name_in(text: str) -> str | None:
    """The name that a text with mistakes gives itself, if it can be read."""
    try:
        value = yaml_reader.read(text.encode("utf-8", "surrogatepass"), "scenario").value
    except AuthorError:
        return None
    name = value.get("scenario") if isinstance(value, dict) else None
    return name if isinstance(name, str) else None

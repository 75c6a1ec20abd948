"""Routes of scenarios, chaos profiles and faults."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from mockserver.control import requests, responses
from mockserver.control.context import ControlContext, missing_as_404
from mockserver.control.router import Context, control_router
from mockserver.control.runtime_config import RuntimeConfig
from mockserver.core.errors import AuthorError, OperatorError, Problem
from mockserver.faults import FAULTS, pages
from mockserver.files import yaml_reader
from mockserver.files.explain import ExplainedRequest, explain_request
from mockserver.files.request_text import read_request
from mockserver.scenarios.script import Script


def problem_shapes(problems: Iterable[Problem]) -> list[responses.ProblemShape]:
    """Return mistakes as response models, without the file: it is the text that the client sent."""
    return [
        responses.ProblemShape(line=problem.line, column=problem.column, path=problem.path, message=problem.message)
        for problem in problems
    ]


router = control_router("scenarios")


def _scenario_shape(context: ControlContext, script: Script) -> responses.ScenarioShape:
    return responses.ScenarioShape(
        name=script.name, about=script.about, origin=context.config.origin_of(script.name), turns=len(script.turns)
    )


@router.get("/scenarios")
async def list_scenarios(context: Context) -> list[responses.ScenarioShape]:
    """List the scenarios by name."""
    return [_scenario_shape(context, script) for _, script in sorted(context.config.scenarios.items())]


@router.get("/scenarios/{name}")
async def read_scenario(context: Context, name: str) -> responses.ScenarioTextShape:
    """Return one scenario with its text."""
    with missing_as_404():
        text = context.config.text_of(name)
    return responses.ScenarioTextShape(
        **_scenario_shape(context, context.config.scenarios[name]).model_dump(), yaml=text
    )


@router.put("/scenarios/{name}")
async def put_scenario(context: Context, name: str, body: requests.SavedScenario) -> responses.ScenarioTextShape:
    """Keep a scenario in memory, playable at once. It hides a file of the same name."""
    script = await context.reader.run(lambda: context.config.read_scenario(body.yaml))
    context.config.put_scenario(name, body.yaml, script, keep_progress=body.keep_progress)
    context.config.notify("scenarios")
    return responses.ScenarioTextShape(**_scenario_shape(context, script).model_dump(), yaml=body.yaml)


@router.delete("/scenarios/{name}", status_code=204)
async def delete_scenario(context: Context, name: str) -> None:
    """Remove a scenario from memory; a file of the same name plays again."""
    with missing_as_404():
        context.config.delete_scenario(name)
    context.config.notify("scenarios")


@router.post("/lint")
async def lint(context: Context, body: requests.ScenarioText) -> responses.LintShape:
    """Check a scenario's text and list every mistake."""
    return await context.reader.run(lambda: linted(context.config, body.yaml))


@router.post("/explain")
async def explain(context: Context, body: requests.Explanation) -> ExplainedRequest:
    """Explain which turn answers a request, and why the others do not match."""
    if body.scenario is not None and body.scenario not in context.config.scenarios:
        context.config.check_scenario(body.scenario)
        raise OperatorError("'none' is no scenario: it stands for default answers")
    known = context.config.scenarios[body.scenario] if body.scenario is not None else None

    def explained() -> ExplainedRequest:
        script = known if known is not None else context.config.read_scenario(body.yaml or "")
        return explain_request(script, context.contract, read_request(body.request, body.path))

    return await context.reader.run(explained)


@router.get("/chaos")
async def list_profiles(context: Context) -> list[responses.ProfileShape]:
    """List the chaos profiles by name."""
    return [
        responses.ProfileShape(name=name, about=profile.about, rules=len(profile.rules))
        for name, profile in sorted(context.config.profiles.items())
    ]


@router.put("/chaos/{name}")
async def put_profile(context: Context, name: str, body: requests.ScenarioText) -> responses.ProfileShape:
    """Keep a chaos profile in memory."""
    profile = await context.reader.run(lambda: context.config.read_profile(name, body.yaml))
    context.config.put_profile(name, body.yaml, profile)
    context.config.notify("scenarios")
    return responses.ProfileShape(name=profile.name, about=profile.about, rules=len(profile.rules))


@router.delete("/chaos/{name}", status_code=204)
async def delete_profile(context: Context, name: str) -> None:
    """Remove a chaos profile from memory."""
    with missing_as_404():
        context.config.delete_profile(name)
    context.config.notify("scenarios")


@router.get("/faults")
async def list_faults(context: Context) -> list[responses.FaultShape]:
    """List the faults with their parameters."""
    return list(await context.reader.run(fault_shapes))


@cache
def fault_shapes() -> tuple[responses.FaultShape, ...]:
    """Return the faults as response models, computed once: each example is tried out."""
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


def linted(config: RuntimeConfig, text: str) -> responses.LintShape:
    """Return the name of a scenario in a text, every mistake in it, and the text as JSON."""
    document, problems = _document_in(text), list[Problem]()
    try:
        config.read_scenario(text)
    except AuthorError as error:
        problems += error.problems
    name = (document or {}).get("scenario")
    return responses.LintShape(
        name=name if isinstance(name, str) else None, problems=problem_shapes(problems), document=document
    )


def _document_in(text: str) -> dict[str, Any] | None:  # Any: JSON
    """Return the mapping in a text; None if it is not readable or no mapping."""
    try:
        value = yaml_reader.read(text.encode("utf-8", "surrogatepass"), "scenario").value
    except AuthorError:
        return None
    return value if isinstance(value, dict) else None

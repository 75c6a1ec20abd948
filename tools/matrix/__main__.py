"""`python -m tools.matrix`: runs the real SDKs against every fault of a stream, and writes the pages about it.

The pages are docs/clients.json and docs/clients.md. Every case is a scenario, chosen by the API key, with the same
reply: text and two parallel calls. What a client shows of a case is compared with what the same client shows of the
healthy reply. The SDKs are those that tests/clients/install.sh installs in .clients, or in the folder that CLIENTS
names.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from mockserver.accounts.session import Session
from mockserver.engine.request import Request
from mockserver.engine.step import Engine, EngineSettings
from mockserver.faults import FAULTS
from mockserver.faults.answers import whole_of
from mockserver.faults.pages import acts_on, example
from mockserver.files.contract import load_contract
from mockserver.scenarios.compile import compile_scenario
from mockserver.scenarios.schema import Scenario
from mockserver.scenarios.script import Script
from mockserver.server.asgi import Gateway
from mockserver.server.uvicorn import running
from mockserver.wires import WIRES
from tests.faults.test_matrix import CASES
from tools.matrix.pages import markdown

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
CLIENTS = Path(os.environ.get("CLIENTS", ROOT / ".clients"))
LIMIT = 4.0
"""Seconds after which a client counts as hanging. Its own timeout is 1.5 s."""

HEALTHY = "healthy"
REPLY: list[Any] = [
    {"text": "Grüezi 🌍 from Zürich"},
    {"tool_use": {"name": "get_weather", "id": "call_1", "input": {"city": "Zürich 🌍"}}},
    {"tool_use": {"name": "get_time", "id": "call_2", "input": {"tz": "Europe/Oslo"}}},
]
SAYS_OTHERWISE = frozenset(
    {
        *("nul_escape_in_text", "u2028_raw_in_text", "xml_tool_artifact", "content_null_delta", "delta_null"),
        *("toolargs_empty_no_delta", "toolargs_empty_obj", "toolargs_empty_string", "toolargs_null_literal"),
        *("finish_wrong_name", "finish_unknown", "finish_stop_with_tools", "cut_at_max_tokens", "empty_answer"),
    }
)
"""Cases in which the stream itself differs from the healthy one: right is what the stream says."""

SHORTER = {"pings_forever_8s": "[{pings: {count: 10, every: 300ms}}]"}
"""Cases with shorter waits: longer than the clients' timeout, and shorter than the limit."""


class Case(NamedTuple):
    """One fault as a line of YAML, and the wires on which it has an effect."""

    name: str
    slug: str
    faults: str
    wires: tuple[str, ...]


class Program(NamedTuple):
    """One process: its file, its SDK, its packages, and the wire of each of its modes."""

    file: str
    sdk: str
    packages: str
    wires: Mapping[str, str]


PROGRAMS = (
    Program("python_client.py", "anthropic", "current", {"raw": "anthropic", "helper": "anthropic"}),
    Program("python_client.py", "openai", "current", {"raw": "openai", "helper": "openai"}),
    Program("node_client.mjs", "anthropic", "node", {"raw": "anthropic", "helper": "anthropic"}),
    Program("node_client.mjs", "openai", "node", {"raw": "openai", "helper": "openai"}),
    Program(
        "node_client.mjs", "vercel", "node", {"anthropic": "anthropic", "openai": "openai", "compatible": "openai"}
    ),
)
PACKAGES = {
    ("node_client.mjs", "anthropic"): ["@anthropic-ai/sdk"],
    ("node_client.mjs", "openai"): ["openai"],
    ("node_client.mjs", "vercel"): ["ai", "@ai-sdk/anthropic", "@ai-sdk/openai", "@ai-sdk/openai-compatible"],
}


def cases() -> list[Case]:
    """Return every case that has a stream, once: the healthy one, the named ones, the examples of all other faults."""
    merged: dict[str, Case] = {HEALTHY: Case(HEALTHY, HEALTHY, "[]", ("anthropic", "openai"))}
    for name, faults, forms in CASES:
        wires = tuple([wire for form, wire in (("as", "anthropic"), ("os", "openai")) if form in forms.split()])
        if wires:
            merged[name] = Case(name, name.replace("_", "-"), SHORTER.get(name, faults), wires)
    named = {name_of(fault) for _, faults, _ in CASES for fault in yaml.safe_load(faults)}
    for fault in FAULTS.values():
        titles = acts_on(fault)
        wires = tuple([name for name, wire in WIRES.items() if f"{wire.title} stream" in titles])
        if fault.name not in named and wires:
            slug, written = fault.name.replace("_", "-"), example(fault).removeprefix("faults: ")
            merged[fault.name] = Case(fault.name, slug, written, wires)
    return list(merged.values())


def name_of(fault: str | dict[str, Any]) -> str:
    """Return the name of a fault as a scenario file spells it."""
    return fault if isinstance(fault, str) else str(fault.get("quirk", next(iter(fault))))


def scripts(cases: list[Case]) -> dict[str, Script]:
    """Return a script for each case."""
    contract, compiled = load_contract(), {}
    for case in cases:
        faulty = {"reply": REPLY, "faults": yaml.safe_load(case.faults), "times": "always"}
        # A client that follows the redirect comes back with a second request.
        followed = [faulty | {"times": 1}, {"reply": REPLY, "times": "always"}]
        turns = followed if "redirect" in case.faults else [faulty]
        scenario = Scenario.model_validate({"scenario": case.slug[:64], "turns": turns})
        script, complaints = compile_scenario(scenario, contract)
        if complaints:
            raise SystemExit(f"{case.name}: {complaints[0].message}")
        compiled[script.name] = script
    return compiled


def run(program: Program, url: str, cases: list[Case]) -> dict[str, dict[str, Any]]:
    """Run one process. Return mode -> case -> result."""
    folder = CLIENTS / program.packages
    if not folder.is_dir():
        raise SystemExit(f"{folder} is not there: run tests/clients/install.sh")
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), "CLIENT_PACKAGES": str(folder)}
    command = [sys.executable, "-S"] if program.file.endswith(".py") else ["node", "--experimental-import-meta-resolve"]
    names = {mode: [case.slug[:64] for case in cases if wire in case.wires] for mode, wire in program.wires.items()}
    same = len(set(program.wires.values())) == 1
    done = subprocess.run(
        [*command, str(HERE / program.file), url, program.sdk, str(LIMIT)],
        input=json.dumps(next(iter(names.values())) if same else names),
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"{program.file} {program.sdk}: {done.stderr[-2000:]}")
    results: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return results


def versions() -> dict[str, str]:
    """Return the installed versions, by the names of the columns."""
    python = {
        package_found.metadata["Name"]: package_found.version
        for package_found in distributions(path=[str(CLIENTS / "current")])
    }
    installed = {f"{name} (Python)": python[name] for name in ("anthropic", "openai")}
    for names in PACKAGES.values():
        for name in names:
            package = json.loads((CLIENTS / "node" / "node_modules" / name / "package.json").read_text())
            installed[f"{name} (Node)"] = package["version"]
    node = subprocess.run(["node", "--version"], capture_output=True, encoding="utf-8", check=True).stdout.strip()
    return installed | {"Python": sys.version.split()[0], "Node": node.removeprefix("v")}


def verdict(
    case: Case, result: Mapping[str, Any], healthy: Mapping[str, Any], stated: Mapping[str, Any]
) -> dict[str, str]:
    """Return whether a client was right, silently wrong (and in what), raised an exception, or hung."""
    if "hang" in result:
        return {"verdict": "hang"}
    if "error" in result:
        return {"verdict": "exception", "note": f"{result['error']}: {result['message']}"}
    seen, right = result["seen"], {**healthy["seen"], **stated}
    lost = [f"{key} {_short(seen[key])}" for key in right if not _same(key, seen[key], right[key])]
    return {"verdict": "silent", "note": "; ".join(lost)} if lost else {"verdict": "ok"}


_NO_ARGUMENTS: tuple[Any, ...] = ("", {}, None)
_NEUTRAL = {"tool_calls": "tool_use", "tool-calls": "tool_use", "end_turn": "stop", "length": "max_tokens"}


def _same(key: str, seen: Any, right: Any) -> bool:
    """Return whether a client shows what is right, in its own words. Empty arguments of any kind are the same."""
    if key == "stop":
        return bool(_NEUTRAL.get(seen, seen) == _NEUTRAL.get(right, right))
    if key == "calls" and len(seen) == len(right):
        pairs = zip(seen, right, strict=True)
        return all(a == b or (a[:2] == b[:2] and a[2] in _NO_ARGUMENTS and b[2] in _NO_ARGUMENTS) for a, b in pairs)
    return bool(seen == right)


@cache
def said_by(case: Case, wire: str) -> dict[str, Any]:
    """Return what the stream of a case says, if it says something else than the healthy one."""
    if case.name not in SAYS_OTHERWISE or wire not in case.wires:
        return {}
    engine = Engine(load_contract(), scripts([case]), EngineSettings(scenario=case.slug[:64]))
    path = {"anthropic": "/v1/messages", "openai": "/api/v1/chat/completions"}[wire]
    body = {"model": "m", "max_tokens": 100, "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
    request = Request("POST", path, {"x-api-key": "sk_t"}, json.dumps(body).encode())
    whole = whole_of(engine.step(Session("matrix"), request, 0.0)[1].actions, WIRES[wire])
    if wire == "anthropic":
        calls = [[b["id"], b["name"], b["input"]] for b in whole["content"] if b["type"] == "tool_use"]
        text = "".join([b["text"] or "" for b in whole["content"] if b["type"] == "text"])
        return {"text": text, "calls": calls, "stop": whole["stop_reason"]}
    [choice] = whole["choices"]
    functions = [(c["id"], c["function"]) for c in choice["message"].get("tool_calls") or ()]
    calls = [[id, f["name"], _parsed(f["arguments"])] for id, f in functions]
    return {"text": choice["message"]["content"] or "", "calls": calls, "stop": choice["finish_reason"]}


def _parsed(arguments: str) -> Any:
    try:
        return json.loads(arguments or "{}")
    except ValueError:
        return arguments


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 90 else text[:89] + "…"


def main() -> None:
    """Run all programs side by side, two at a time, and write the pages."""
    measured = cases()
    compiled = scripts(measured)
    gateway = Gateway(Engine(load_contract(), compiled, EngineSettings()))
    with running(gateway) as url, ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda program: run(program, url, measured), PROGRAMS))
    table: dict[str, Any] = {
        case.name: {"faults": case.faults, "clients": {}} for case in measured if case.name != HEALTHY
    }
    for program, results in zip(PROGRAMS, runs, strict=True):
        for mode, by_case in results.items():
            language = "py" if program.file.endswith(".py") else "js"
            column = f"vercel-{mode}" if program.sdk == "vercel" else f"{program.sdk}-{language}.{mode}"
            if "seen" not in by_case[HEALTHY]:
                raise SystemExit(f"{column} does not even get the healthy reply: {by_case[HEALTHY]}")
            for case in measured:
                if case.name != HEALTHY and case.slug[:64] in by_case:
                    stated = said_by(case, program.wires[mode])
                    outcome = verdict(case, by_case[case.slug[:64]], by_case[HEALTHY], stated)
                    table[case.name]["clients"][column] = outcome
    document = {"made": date.today().isoformat(), "versions": versions(), "cases": table}
    (ROOT / "docs" / "clients.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (ROOT / "docs" / "clients.md").write_text(markdown(document), "utf-8")
    print(f"{len(table)} cases: docs/clients.md, docs/clients.json")


if __name__ == "__main__":
    main()

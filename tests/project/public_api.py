"""What users depend on, as lines of text: names and signatures, read from the source.

Types are as they are written, so that the lines are the same with every version of Python.
"""

import ast
import inspect
import textwrap
import tomllib
from collections.abc import Iterator
from importlib import import_module

import click

import mockserver
from mockserver.testing import plugin
from tests.cli.command_tree import commands
from tests.project.source import ROOT

CLASSES = {
    "mockserver.testing.start": ("start",),
    "mockserver.testing.gateway": ("GatewaySession",),
    "mockserver.testing.controls": ("GatewayClock", "GatewayAccount"),
    "mockserver.journal.verdict": ("Verdict", "Finding"),
    "mockserver.journal.record": ("Record", "Records"),
    "mockserver.journal.verify": ("ClientError",),
}
"""The classes that a test meets: those of `mockserver`, and those whose instances their methods return."""


def sections() -> Iterator[str]:
    """Yield the sections of the golden file."""
    yield _section("import mockserver", sorted(mockserver.__all__))
    for module, names in CLASSES.items():
        for name in names:
            yield _section(f"class {name}", list(members(getattr(import_module(module), name))))
    fixtures = ["gateway", "gateway_session"]
    assert all(hasattr(plugin, name) for name in fixtures)
    yield _section(
        "pytest", [*[f"fixture {name}" for name in fixtures], f"marker gateway({', '.join(plugin.OPTIONS)})"]
    )
    yield _section("commands", [_command(name, command) for name, command in sorted(commands().items())])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    yield _section("extras", sorted(project["optional-dependencies"]))


def _section(title: str, lines: list[str]) -> str:
    return "\n".join([title, *[f"  {line}" for line in lines], ""])


def _command(name: str, command: click.Command) -> str:
    options = [option.opts[-1] for option in command.params if isinstance(option, click.Option)]
    return " ".join([name, *sorted(options)])


def members(of: type) -> Iterator[str]:
    """Yield the public members of a class: its methods, properties, fields and attributes; of `start`, its call."""
    [node] = ast.parse(textwrap.dedent(inspect.getsource(of))).body
    assert isinstance(node, ast.ClassDef)
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef) and (of.__name__, statement.name) == ("start", "__init__"):
            yield f"start({_arguments(statement)})"
            continue
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _method(statement)
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield f"{statement.target.id}: {ast.unparse(statement.annotation)}"


def _method(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    if node.name == "__init__":
        targets = [target for part in ast.walk(node) for target in _targets(part)]
        yield from sorted({f"{target.attr}: attribute" for target in targets if not target.attr.startswith("_")})
    elif not node.name.startswith("_"):
        returned = ast.unparse(node.returns) if node.returns is not None else "None"
        if any(ast.unparse(mark).endswith("property") for mark in node.decorator_list):
            yield f"{node.name}: {returned}"
        else:
            prefix = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
            yield f"{prefix}{node.name}({_arguments(node)}) -> {returned}"


def _arguments(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    for argument in (*node.args.args, *node.args.kwonlyargs):
        if isinstance(argument.annotation, ast.Constant):  # quoted: its module is not imported here
            argument.annotation = ast.parse(str(argument.annotation.value), mode="eval").body
    return ast.unparse(node.args).removeprefix("self").removeprefix(", ")


def _targets(node: ast.AST) -> Iterator[ast.Attribute]:
    """Yield the attributes of `self` that a statement sets."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    for target in targets:
        if isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self":
            yield target

"""The table of faults for readers: what `mockserver faults` prints, and docs/faults.md.

Everything comes from the table. What a fault acts on is tried out: its example is laid over a sample reply in each
form, so these pages cannot claim what is not true.
"""

import textwrap
from collections.abc import Iterator
from functools import cache
from typing import Literal, NamedTuple, get_args, get_origin

import yaml
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from mockserver.core.actions import Actions, Data, End, Head
from mockserver.core.conversation import Conversation, Reply, Text, ToolUse, Usage
from mockserver.core.distribution import Fixed
from mockserver.core.rng import Rng
from mockserver.faults.compile import compile_fault
from mockserver.faults.editing import JSON, SSE
from mockserver.faults.fault import Context, Fault, NoEffectError
from mockserver.faults.table import FAULTS, GROUPS
from mockserver.wires import WIRES
from mockserver.wires.wire import Wire

_NOW = 1_767_225_600.0
"""2026-01-01, for examples with dates."""

_INTRODUCTION = """\
# Faults

<!-- Written by `mockserver faults --markdown`; a test compares. Do not edit. -->

Put faults into a turn's `faults` (or a chaos rule's), one or several, in the order in which they act:

```yaml
scenario: stream-breaks
turns:
  - reply: A long enough answer.
    faults: [{stall: {at: 3, for: 5s}}, {reset: {at: 5}}]
  - reply: Another one.
    faults: [{quirk: no_content_block_start}, crlf]
```

- A name alone takes the defaults; `{quirk: name}` is the same; `{name: value}` sets the main parameter (marked *).
- Events are counted from 1, comments not among them; what has a place (`at`) happens just before it. A place is the
  number of an event, a kind of event (the first of it), a kind and a number (`delta 3`: the third piece of thinking,
  text or arguments, on any wire), `stop` (right behind the last piece, on any wire), `headers` or `end`.
- Faults act in the order of the list. Those that change how events are written wait for the others, wherever you write
  them, and act in this order: {waiting}.
- A fault that finds nothing to act on, in any form of the answer or after those that act before it, is refused when the
  file loads. At run time (a whole answer, say, where it needs a stream) it is noted in the journal (`idle_faults`).
- Without a real socket (in-process ASGI) a close or reset is an exception, raw bytes are left out, and the journal says
  so (`nearest`).
- What real clients do with each: [clients.md](clients.md). How to write one:
  [extending/fault.md](extending/fault.md).
"""


class SampleForm(NamedTuple):
    """A form of the sample reply: its title, its wire, and the answer."""

    title: str
    wire: Wire
    actions: Actions


@cache
def forms() -> tuple[SampleForm, ...]:
    """Return one reply with text and two calls in every form: the streams of all wires, then the whole answers."""
    calls = (ToolUse("get_weather", {"city": "Zürich 🌍"}, "call_1"), ToolUse("get_time", {"tz": "UTC"}, "call_2"))
    reply = Reply(
        id="sample",
        model="sample",
        created=0,
        blocks=(Text("Zürich 🌍 is where it rains."), *calls),
        stop="tool_use",
        usage=Usage(10, 20),
    )
    request = Conversation(model="sample", messages=(), body={}, stream=True, include_usage=True)
    streams, wholes = [], []
    for wire in WIRES.values():
        trace = (wire.request_id_header, "req_1")
        body = wire.whole(reply)
        stream = Head(200, (("content-type", SSE), trace))
        whole = Head(200, (("content-type", JSON), ("content-length", str(len(body))), trace))
        streams.append(SampleForm(f"{wire.title} stream", wire, (stream, *wire.frames(reply, "word", request), End())))
        wholes.append(SampleForm(f"{wire.title} whole", wire, (whole, Data(body), End())))
    return (*streams, *wholes)


def acts_on(fault: Fault) -> list[str]:
    """Return the titles of the forms on which a fault's example has an effect."""
    return [form.title for form in forms() if _has_effect(fault, form)]


def _has_effect(fault: Fault, form: SampleForm) -> bool:
    context = Context(Rng(0), _NOW, form.wire)
    # Only an answer with waits can be put into one write.
    paced = compile_fault({"slow": "1ms"})(form.actions, context) if fault.name == "one_write" else form.actions
    try:
        compile_fault(fault.spelling)(paced, context)
    except NoEffectError:
        return False
    return True


def example(fault: Fault) -> str:
    """Return a fault's example as a line of YAML."""
    listed = [fault.spelling]
    flow = yaml.safe_dump(listed, default_flow_style=True, sort_keys=False, width=10_000, allow_unicode=True)
    return f"faults: {flow.strip()}"


def parameters(fault: Fault) -> Iterator[tuple[str, str, str]]:
    """Yield each parameter: its name (the main one marked with *), its values, and its line of documentation."""
    for name, field in fault.parameters.model_fields.items():
        mark = "*" if name == fault.parameters.main else ""
        yield f"{field.alias or name}{mark}", _values(field), field.description or ""


def _values(field: FieldInfo) -> str:
    """Return the default of a parameter, and the words to choose from."""
    words = [str(word) for word in get_args(field.annotation)] if get_origin(field.annotation) is Literal else []
    default = field.default
    if default is PydanticUndefined:
        value = "required"
    elif isinstance(default, Fixed):
        value = f"{default.value:g}s"
    elif default is None:
        value = "none"
    else:
        value = repr(default) if isinstance(default, str) and not default.isidentifier() else str(default).lower()
    return f"{value}; one of {', '.join(words)}" if words else value


def listing() -> str:
    """Return all faults, one line each, by group."""
    width = max(map(len, FAULTS))
    lines = []
    for group, about in GROUPS.items():
        lines += ["", f"{group}: {about}"]
        lines += [f"  {fault.name:<{width}}  {fault.about}" for fault in FAULTS.values() if fault.group == group]
    return "\n".join([*lines[1:], "", "One of them:  mockserver faults NAME"])


def page(fault: Fault) -> str:
    """Return what a terminal shows of one fault."""
    why = textwrap.fill(fault.why, width=100, initial_indent="  ", subsequent_indent="  ")
    lines = [f"{fault.name} ({fault.group})", f"  {fault.about}", "", why, "", f"  {example(fault)}", ""]
    rows = list(parameters(fault))
    if rows:
        width = max(len(name) for name, _, _ in rows)
        lines += ["  Parameters (* is the main one):"]
        lines += [f"    {name:<{width}}  {about} [{values}]" for name, values, about in rows] + [""]
    return "\n".join([*lines, f"  The example acts on: {', '.join(acts_on(fault))}", f"  Source: {fault.source}"])


def introduction() -> str:
    """Return the beginning of docs/faults.md."""
    waiting = sorted((fault for fault in FAULTS.values() if fault.stage.waits), key=lambda fault: fault.stage)
    return _INTRODUCTION.replace("{waiting}", ", ".join([f"`{fault.name}`" for fault in waiting]))


def markdown() -> str:
    """Return docs/faults.md."""
    sections = [introduction()]
    for group, about in GROUPS.items():
        sections += [f"## {group}\n", f"{about}\n"]
        for fault in FAULTS.values():
            if fault.group == group:
                sections += list(_section(fault))
    return "\n".join(sections)


def _section(fault: Fault) -> Iterator[str]:
    yield f"### {fault.name}\n"
    yield f"{fault.about} {fault.why}\n"
    yield f"```yaml\n{example(fault)}\n```\n"
    rows = list(parameters(fault))
    if rows:
        cells = [f"| `{name}` | {_cell(about)} | {_cell(values)} |" for name, values, about in rows]
        yield "\n".join(["| parameter | | default |", "|---|---|---|", *cells, ""])
    yield f"The example acts on: {', '.join(acts_on(fault))}. Source: {fault.source}.\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")

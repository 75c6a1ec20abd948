"""The table of faults for readers: what `mockserver faults` prints, and docs/faults.md.

Everything is read from the table, and what a fault acts on is tried out: its example is laid over one sample reply in
each form, so these pages cannot say what is not so.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Literal, get_args, get_origin

import yaml
from pydantic import JsonValue
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from mockserver.core.actions import Actions, Data, End, Head
from mockserver.core.conversation import Conversation, Reply, Text, ToolUse, Usage
from mockserver.core.distribution import Fixed
from mockserver.core.rng import Rng
from mockserver.faults import FAULTS, GROUPS, Context, Fault, NoEffectError, compile_fault
from mockserver.wires import WIRES

FORMS = ("Anthropic stream", "OpenAI stream", "Anthropic whole", "OpenAI whole")
_CONTEXT_NOW = 1_767_225_600.0

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
  number of an event, a kind of event (the first of it), `headers` or `end`.
- Faults that split an event over several writes ({splitters}) act last, wherever you write
  them, so that every other fault meets whole events.
- A fault that finds nothing to act on, in any form of the answer or after those that act before it, is refused when the
  file loads. At run time (a whole answer, say, where it needs a stream) it is noted in the journal (`idle_faults`).
- Without a real socket (in-process ASGI) a close or reset is an exception, raw bytes are left out, and the journal says
  so (`nearest`).
- What real clients do with each: [clients.md](clients.md). How to write one: [here](creating-a-fault.md).
"""


@cache
def _sample() -> Mapping[str, Actions]:
    """One reply with text and two calls, in every form."""
    calls = (ToolUse("get_weather", {"city": "Zürich 🌍"}, "call_1"), ToolUse("get_time", {"tz": "UTC"}, "call_2"))
    reply = Reply(
        id="sample",
        model="sample",
        created=0,
        blocks=(Text("Zürich 🌍 is where it rains."), *calls),
        stop="tool_use",
        usage=Usage(10, 20),
    )
    asked = Conversation(model="sample", messages=(), body={}, stream=True, include_usage=True)
    found: dict[str, Actions] = {}
    for name, wire in WIRES.items():
        title = {"anthropic": "Anthropic", "openai": "OpenAI"}[name]
        trace = (wire.request_id_header, "req_1")
        stream = Head(200, (("content-type", "text/event-stream; charset=utf-8"), trace))
        body = wire.whole(reply)
        whole = Head(200, (("content-type", "application/json"), ("content-length", str(len(body))), trace))
        found[f"{title} stream"] = (stream, *wire.frames(reply, "word", asked), End())
        found[f"{title} whole"] = (whole, Data(body), End())
    return {form: found[form] for form in FORMS}


def acts_on(fault: Fault) -> list[str]:
    """The forms of an answer on which its example has an effect."""
    apply = compile_fault(spelled(fault))
    found = []
    for form, actions in _sample().items():
        paced = compile_fault({"slow": "1ms"})(actions, Context(Rng(0)))
        try:
            apply(paced if fault.name == "one_write" else actions, Context(Rng(0), _CONTEXT_NOW))
            found.append(form)
        except NoEffectError:
            pass
    return found


def spelled(fault: Fault) -> str | dict[str, JsonValue]:
    """The example as a scenario file has it."""
    return fault.name if fault.example is None else {fault.name: fault.example}


def example(fault: Fault) -> str:
    """The example as YAML."""
    return (
        "faults: "
        + yaml.safe_dump(
            [spelled(fault)], default_flow_style=True, sort_keys=False, width=10_000, allow_unicode=True
        ).strip()
    )


def parameters(fault: Fault) -> Iterator[tuple[str, str, str]]:
    """Name (the main one marked), what it may be, and its line of doc."""
    for name, field in fault.parameters.model_fields.items():
        mark = "*" if name == fault.parameters.main else ""
        yield f"{field.alias or name}{mark}", _values(field), field.description or ""


def _values(field: FieldInfo) -> str:
    """The default, and the words to choose from."""
    words = [str(word) for word in get_args(field.annotation)] if get_origin(field.annotation) is Literal else []
    default = field.default
    if default is PydanticUndefined:
        told = "required"
    elif isinstance(default, Fixed):
        told = f"{default.value:g}s"
    elif default is None:
        told = "none"
    else:
        told = repr(default) if isinstance(default, str) and not default.isidentifier() else str(default).lower()
    return f"{told}; one of {', '.join(words)}" if words else told


def listing() -> str:
    """All faults, one line each, by group."""
    width = max(map(len, FAULTS))
    shown = []
    for group, about in GROUPS.items():
        shown += ["", f"{group}: {about}"]
        shown += [f"  {fault.name:<{width}}  {fault.about}" for fault in FAULTS.values() if fault.group == group]
    return "\n".join([*shown[1:], "", "One of them:  mockserver faults NAME"])


def page(fault: Fault) -> str:
    """One fault for a terminal."""
    shown = [f"{fault.name} ({fault.group})", f"  {fault.about}", "", f"  {example(fault)}", ""]
    rows = list(parameters(fault))
    if rows:
        width = max(len(name) for name, _, _ in rows)
        shown += ["  Parameters (* is the main one):"]
        shown += [f"    {name:<{width}}  {about} [{values}]" for name, values, about in rows] + [""]
    return "\n".join([*shown, f"  The example acts on: {', '.join(acts_on(fault))}", f"  Source: {fault.source}"])


def introduction() -> str:
    """Return the beginning of docs/faults.md."""
    splitters = [f"`{fault.name}`" for fault in FAULTS.values() if fault.stage.splits]
    return _INTRODUCTION.replace("{splitters}", ", ".join(splitters))


def markdown() -> str:
    """docs/faults.md."""
    shown = [introduction()]
    for group, about in GROUPS.items():
        shown += [f"## {group}\n", f"{about}\n"]
        for fault in FAULTS.values():
            if fault.group == group:
                shown += list(_section(fault))
    return "\n".join(shown)


def _section(fault: Fault) -> Iterator[str]:
    yield f"### {fault.name}\n"
    yield f"{fault.about}\n"
    yield f"```yaml\n{example(fault)}\n```\n"
    rows = list(parameters(fault))
    if rows:
        cells = [f"| `{name}` | {_cell(about)} | {_cell(values)} |" for name, values, about in rows]
        yield "\n".join(["| parameter | | default |", "|---|---|---|", *cells, ""])
    yield f"The example acts on: {', '.join(acts_on(fault))}. Source: {fault.source}.\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")

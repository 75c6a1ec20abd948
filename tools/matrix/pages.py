"""The page docs/clients.md, made from docs/clients.json."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

COLUMNS = {
    "anthropic-py.raw": "apy",
    "anthropic-py.helper": "apy.h",
    "anthropic-js.raw": "ajs",
    "anthropic-js.helper": "ajs.h",
    "vercel-anthropic": "va",
    "openai-py.raw": "opy",
    "openai-py.helper": "opy.h",
    "openai-js.raw": "ojs",
    "openai-js.helper": "ojs.h",
    "vercel-openai": "vo",
    "vercel-compatible": "vc",
}
MARKS = {"ok": "ok", "silent": "**wrong**", "exception": "error", "hang": "**hang**"}

INTRODUCTION = """\
# What real clients do

<!-- Written by `make matrix`; do not edit. -->

Each line is one way in which a stream of a gateway can go wrong, as one line of a scenario (`faults:`), and what the
official SDKs make of it. Every cell was measured against this mock, with the versions below, retries off and a timeout
of 1.5 s. The healthy reply is a text and two parallel tool calls.

- **ok**: the program has the same text, calls, stop reason and usage as from a healthy stream.
- **wrong**: the SDK raises nothing, and something is lost or different. These are the dangerous ones.
- **error**: an exception (or an error part of Vercel's stream).
- **hang**: nothing within 4 s, although the SDK was told to wait 1.5 s (Vercel's takes no timeout).
- –: the case does not exist on that wire.

Columns: a anthropic, o openai; py Python, js Node; without suffix the raw iteration of `create(stream=True)`, .h the
helper (`messages.stream`, `chat.completions.stream`); va, vo, vc Vercel's anthropic, openai (`.chat`) and
openai-compatible.

What these and other clients do with healthy answers is in [client-acts.md](client-acts.md).

## How to defend

1. **Do not take the end of a stream for the end of an answer.** A stream that is cut with a proper end raises nothing
   in most clients. Check that a stop or finish reason came, and treat its absence as a failed request.
2. **Parse tool arguments yourself, and validate them.** Helpers give `{}` for arguments that were cut.
3. **Set your own deadline around a stream.** The timeouts of the Node SDKs stop counting when the headers are there.
4. **Catch more than the SDK's own errors.** Connection errors in the middle of a stream arrive as bare errors of the
   HTTP library in some SDKs, broken JSON as bare JSON errors; none of them is retried.
5. **Look at the status of an error event.** An overload in mid-stream comes with status 200 or none.
6. **Count usage as optional.**
"""


def markdown(document: Mapping[str, Any]) -> str:
    """Return the page."""
    return "\n".join(
        [INTRODUCTION, *_versions(document), *_summary(document), *_table(document), *_notes(document), ""]
    )


def _versions(document: Mapping[str, Any]) -> Iterator[str]:
    yield f"## Versions\n\nMeasured on {document['made']}.\n"
    yield "| what | version |\n|---|---|"
    yield from [f"| {name} | {version} |" for name, version in document["versions"].items()]


def _summary(document: Mapping[str, Any]) -> Iterator[str]:
    yield "\n## In numbers\n\n| client | ok | wrong | error | hang |\n|---|---|---|---|---|"
    for column in COLUMNS:
        verdicts = [
            case["clients"][column]["verdict"] for case in document["cases"].values() if column in case["clients"]
        ]
        count = Counter(verdicts)
        yield f"| {column} | " + " | ".join([str(count[kind]) for kind in MARKS]) + " |"


def _table(document: Mapping[str, Any]) -> Iterator[str]:
    yield "\n## Case by case\n\n| case | `faults:` | " + " | ".join(COLUMNS.values()) + " |"
    yield "|---" * (2 + len(COLUMNS)) + "|"
    for name, case in document["cases"].items():
        cells = [MARKS[case["clients"][column]["verdict"]] if column in case["clients"] else "–" for column in COLUMNS]
        title = f"[{name}](#{name})" if _notes_of(case) else name
        yield f"| {title} | `{_cell(case['faults'])}` | " + " | ".join(cells) + " |"


def _notes(document: Mapping[str, Any]) -> Iterator[str]:
    yield "\n## What is lost, and what is raised\n"
    for name, case in document["cases"].items():
        if notes := _notes_of(case):
            yield f'<a id="{name}"></a>\n### {name}\n'
            yield from [f"- {', '.join(columns)}: {_line(note)}" for note, columns in notes.items()]
            yield ""


def _notes_of(case: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return what went wrong in a case, with the columns of the clients that it happened to."""
    columns_by_note: dict[str, list[str]] = {}
    for column, outcome in case["clients"].items():
        if outcome["verdict"] in ("silent", "exception"):
            columns_by_note.setdefault(f"{MARKS[outcome['verdict']]}: {outcome['note']}", []).append(COLUMNS[column])
    return columns_by_note


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _line(text: str) -> str:
    return " ".join(text.replace("<", "&lt;").split())

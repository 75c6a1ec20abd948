"""The page docs/exam-results.md, made from docs/exam-results.json."""

from collections.abc import Iterator, Mapping
from typing import Any

INTRODUCTION = """\
# The exam of real clients

<!-- Written by `make exam`; do not edit. -->

Each client ran a tool loop at its defaults: nothing was changed but the base URL and the key. The programs are
those of [What clients do](client-acts.md); they catch nothing, so an exception ends them, which is an honest end.
A client named "whole" asks for whole answers, all others stream. The two example apps ran in Chromium, where an
alert on the page is an honest end. [The exam](exam.md) says what the cases are and how they are judged.

A failure belongs to the SDK together with the few lines of its program. Below the table stands what each one means.
"""

EXPLAINED: Mapping[str, str] = {
    **dict.fromkeys(
        ("server-error-once", "bad-gateway-once", "model-loading", "overloaded-once"),
        "The example apps retry a 429 alone; other failures they show, with a button to try again.",
    ),
    **dict.fromkeys(
        ("gateway-restarts", "gateway-restarts-in-mid-run"),
        "When a connection that it kept is closed, Chromium itself asks again, at once and only once; a page cannot "
        "change that.",
    ),
    "quiet-end": "These SDKs raise nothing and return the piece; only the stop reason is missing. A program must look "
    "at `stop_reason` or `finish_reason` before it takes an answer for whole.",
    "malformed-arguments": "The SDK gives its program whatever can be parsed of the arguments, and the program calls "
    "the tool with that. It must validate the arguments first.",
    "tools-cut-by-max-tokens": "The same: the arguments are cut by max_tokens, and the stop reason says so.",
    "wrong-arguments": "An SDK does not check arguments against the tool's schema; that is the program's part, and "
    "this one's tool takes anything.",
    "tool-loop-without-end": "The loop is the program's own, `while` the model calls tools, without a bound. The tool "
    "runners of the SDKs take one.",
}
"""Case -> why clients fail it at their defaults, and what a program must add."""

MARKS = {"pass": "pass", "fail": "**fail**", "not applicable": "–", "accepted": "known", "error": "error"}


def markdown(document: Mapping[str, Any]) -> str:  # Any: JSON
    """Return the page."""
    return "\n".join([INTRODUCTION, *_grades(document), *_failures(document), *_table(document), ""])


def _grades(document: Mapping[str, Any]) -> Iterator[str]:
    themes = list(dict.fromkeys([case["theme"] for case in document["cases"].values()]))
    yield f"Measured on {document['made']}, on a busy machine of two cores.\n"
    yield "| client | version | grade | " + " | ".join(themes) + " | seconds |"
    yield "|---" * (len(themes) + 4) + "|"
    for name, client in document["clients"].items():
        cells = [client["grades"].get(theme, "-") for theme in themes]
        yield f"| {name} | {client['version']} | **{client['grade']}** | {' | '.join(cells)} | {client['seconds']} |"


def _failures(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what failed, case by case: why, and which clients."""
    yield "\n## What failed, and why\n"
    for case, words in document["cases"].items():
        failed = {
            name: client["cases"][case]["findings"][0]
            for name, client in document["clients"].items()
            if client["cases"].get(case, {}).get("state") == "fail"
        }
        if not failed:
            continue
        yield f"**{case}**: {words['about']} {EXPLAINED.get(case, '')}".rstrip() + "\n"
        for name, finding in failed.items():
            yield f"- {name}: {finding['name']}: {_line(finding['evidence'])}"
        yield ""


def _table(document: Mapping[str, Any]) -> Iterator[str]:
    clients = document["clients"]
    yield "## Every case\n"
    yield "| case | " + " | ".join(clients) + " |"
    yield "|---" * (len(clients) + 1) + "|"
    for case in document["cases"]:
        cells = [MARKS[client["cases"].get(case, {"state": "not applicable"})["state"]] for client in clients.values()]
        yield f"| {case} | {' | '.join(cells)} |"


def _line(text: str) -> str:
    return " ".join(text.replace("<", "&lt;").split())[:200]

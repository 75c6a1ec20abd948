"""Draw a terminal session as an animated SVG: each command appears, then its output, in a loop.

The picture loads nothing from elsewhere and needs no script: CSS shows one line after the other. Where the viewer asks
for less motion, or does not animate, all of it is there at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from rich.style import Style
from rich.text import Text

COLUMNS = 100
LINE_HEIGHT = 19
CHARACTER = 8.43
"""Width of a character at 14 px, in the usual monospaced fonts."""
PADDING = 16

CLASSES = {0: "dim", 1: "red", 2: "green", 3: "yellow", 6: "cyan"}
"""The class of an ANSI colour, dark or bright."""

TYPING, READING, END = 0.9, 0.35, 6.0
"""Seconds after a command, after a line of output, and at the end of a round."""

STYLE = """\
.screen { fill: #10181c }
.text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #d5dde0; white-space: pre }
.prompt { fill: #4fd1a5; font-weight: bold } .red { fill: #ff8a80 } .green { fill: #7ee2a8 } .yellow { fill: #ffd479 }
.cyan { fill: #7cd5f1 } .dim { fill: #8fa0a8 }
@media (prefers-reduced-motion: no-preference) { .line { animation: show ROUNDs step-end infinite } }"""


@dataclass(frozen=True, slots=True)
class Scene:
    """One command as a person types it, and what it printed (with ANSI colours)."""

    command: str
    output: str


def drawn(scenes: Sequence[Scene]) -> str:
    """Return the SVG of the scenes, one after the other in one window."""
    lines = list(_timed(scenes))
    whole = lines[-1][0] + END
    height = len(lines) * LINE_HEIGHT + 2 * PADDING
    width = round(COLUMNS * CHARACTER) + 2 * PADDING
    body, keyframes = [], []
    for number, (start, markup) in enumerate(lines):
        top = PADDING + (number + 1) * LINE_HEIGHT - 5
        body.append(
            f'<text class="text line" style="animation-name: show{number}" x="{PADDING}" y="{top}">{markup}</text>'
        )
        keyframes.append(
            f"@keyframes show{number} {{ 0% {{ opacity: 0 }} {100 * start / whole:.2f}% {{ opacity: 1 }} }}"
        )
    style = "\n".join([STYLE.replace("ROUND", f"{whole:.1f}"), *keyframes])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">\n'
        f"<title>{escape('; '.join(scene.command for scene in scenes))}</title>\n<style>{style}</style>\n"
        f'<rect class="screen" width="{width}" height="{height}" rx="8"/>\n' + "\n".join(body) + "\n</svg>\n"
    )


def _timed(scenes: Sequence[Scene]) -> Iterator[tuple[float, str]]:
    """Yield each line with the second at which it appears."""
    now = 0.3
    for number, scene in enumerate(scenes):
        if number:
            yield now, ""
        yield now, f'<tspan class="prompt">$</tspan> {escape(scene.command)}'
        now += TYPING
        for line in scene.output.rstrip().splitlines():
            yield now, _markup(Text.from_ansi(line))
            now += READING
        now += TYPING


def _markup(line: Text) -> str:
    """Return a line with a `tspan` for each run of one colour, cut at the window's edge."""
    line.truncate(COLUMNS, overflow="ellipsis")
    parts, end = [], 0
    for span in sorted(line.spans, key=lambda span: span.start):
        parts.append(escape(line.plain[end : span.start]))
        parts.append(f'<tspan class="{_class(span.style)}">{escape(line.plain[span.start : span.end])}</tspan>')
        end = span.end
    return "".join([*parts, escape(line.plain[end:])])


def _class(style: str | Style) -> str:
    """Return the class of a style that ANSI codes gave; colours beyond the eight are shown as plain text."""
    if isinstance(style, Style) and style.color is not None:
        return CLASSES.get((style.color.number or 0) % 8, "text")
    return "dim" if isinstance(style, Style) and style.dim else "text"

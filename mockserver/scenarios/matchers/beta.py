"""`beta`: betas that the client asks for in the header `anthropic-beta`, as a glob or a list of globs: all of them.

Use it to answer clients of a new version apart from the others. Case is ignored, and other betas may be there.

    when: {beta: message-threads-*}
"""

from typing import Annotated, TypeAlias

from pydantic import Field

from mockserver.core import regex
from mockserver.scenarios.base_model import OneOrMore
from mockserver.scenarios.call import Call
from mockserver.scenarios.difference import Difference
from mockserver.scenarios.matcher import Example, Matcher, WhenKey

HEADER = "anthropic-beta"


def _compile(globs: list[str]) -> Matcher:
    tests = [(glob, regex.any_glob([glob])) for glob in globs]

    def match(call: Call) -> Difference | None:
        names = [name.strip() for name in call.headers.get(HEADER, "").split(",")]
        missing = [glob for glob, fits in tests if not any(fits(name) for name in names)]
        if not missing:
            return None
        asked = ", ".join([name for name in names if name])
        return Difference("request", asked or "no beta", " and ".join(missing), verb="asks for")

    return match


BETA = WhenKey(
    _compile,
    examples=(
        Example("beta: message-threads-*", "request asks for files-api-2025-04-14; expected message-threads-*"),
        Example("beta: files-api-*"),
        Example("beta: [files-api-2025-04-14, skills-*]", "request asks for files-api-2025-04-14; expected skills-*"),
    ),
)

BetaGlobs: TypeAlias = Annotated[
    Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1), OneOrMore] | None,
    Field(description="Betas in the header anthropic-beta, all of these: a glob, or a list of globs."),
    BETA,
]

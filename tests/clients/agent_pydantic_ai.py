"""pydantic-ai agents with one tool: jobs come as JSON lines, what each saw goes out as JSON lines.

A job is `{"wire": …, "stream": …, "structured": …, "env": {…}}`. The address and the key of the gateway are in
the environment, where the models read it. All run on one event loop, since the framework keeps its
HTTP client for all models.
"""

import asyncio
import json
import os
import sys

from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput

MODELS = {"anthropic": "anthropic:claude-sonnet-4.5", "openai": "openai-chat:gpt-4o"}
NATIVE = {**MODELS, "anthropic": "anthropic:claude-sonnet-4-5"}
"""Models of which the framework knows that they take a schema."""
QUESTION = "What does /tmp/test.txt say?"


class Weather(BaseModel):
    """The weather in a city."""

    city: str
    degrees: float


async def parse(wire: str, stream: bool) -> dict[str, object]:
    """Ask for native structured output."""
    agent = Agent(NATIVE[wire], output_type=NativeOutput(Weather))
    if stream:
        async with agent.run_stream(QUESTION) as result:
            return {"parsed": (await result.get_output()).model_dump()}
    return {"parsed": (await agent.run(QUESTION)).output.model_dump()}


async def run(wire: str, stream: bool) -> dict[str, object]:
    """Run an agent to its last word: what its tool was called with, and what it said."""
    paths: list[str] = []

    def read_file(path: str) -> str:
        """Read a file."""
        paths.append(path)
        return "42"

    agent = Agent(MODELS[wire], tools=[read_file])
    if stream:
        async with agent.run_stream(QUESTION) as result:
            said = "".join([piece async for piece in result.stream_text(delta=True)])
    else:
        said = (await agent.run(QUESTION)).output
    return {"said": said, "paths": sorted(paths)}  # calls at a time run in threads


async def main() -> None:
    """One job after the other."""
    for line in sys.stdin:
        job = json.loads(line)
        os.environ.update(job["env"])
        try:
            act = parse if job["structured"] else run
            seen = await act(job["wire"], job["stream"])
        except Exception as error:
            seen = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(seen))


asyncio.run(main())

"""LangChain agents with one tool: jobs come as JSON lines, what each saw goes out as JSON lines.

A job is `{"wire": …, "stream": …, "structured": …, "env": {…}}`. The address and the key of the gateway are in
the environment, where the models read it.
"""

import json
import os
import sys

from langchain.agents import create_agent
from langchain.chat_models import init_chat_model
from langchain_core.messages import AIMessageChunk
from pydantic import BaseModel

MODELS = {"anthropic": "anthropic:claude-sonnet-4.5", "openai": "openai:gpt-4o"}
QUESTION = "What does /tmp/test.txt say?"


class Weather(BaseModel):
    """The weather in a city."""

    city: str
    degrees: float


def parse(wire: str) -> dict[str, object]:
    """Ask for structured output by a schema; by default, the framework forces a tool on one of the wires."""
    model = init_chat_model(MODELS[wire]).with_structured_output(Weather, method="json_schema")
    return {"parsed": model.invoke(QUESTION).model_dump()}


def run(wire: str, stream: bool) -> dict[str, object]:
    """Run an agent to its last word: what its tool was called with, and what it said."""
    paths: list[str] = []

    def read_file(path: str) -> str:
        """Read a file."""
        paths.append(path)
        return "42"

    agent = create_agent(init_chat_model(MODELS[wire]), tools=[read_file])
    asked = {"messages": [{"role": "user", "content": QUESTION}]}
    if stream:
        chunks = [chunk for chunk, _ in agent.stream(asked, stream_mode="messages")]
        said = "".join([str(chunk.text) for chunk in chunks if isinstance(chunk, AIMessageChunk)])
    else:
        said = str(agent.invoke(asked)["messages"][-1].text)
    return {"said": said, "paths": sorted(paths)}


for line in sys.stdin:
    job = json.loads(line)
    os.environ.update(job["env"])
    try:
        seen = parse(job["wire"]) if job["structured"] else run(job["wire"], job["stream"])
    except Exception as error:
        seen = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(seen))

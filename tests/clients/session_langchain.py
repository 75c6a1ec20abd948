"""A LangChain agent that plans a trip in ten calls, streamed and thinking; what it saw goes out as a line of JSON.

Each line that comes in is an environment, with the address and the key of a gateway.
"""

import json
import os
import sys

from langchain.agents import create_agent
from langchain.chat_models import init_chat_model
from langchain_core.messages import AIMessageChunk

QUESTION = "Plan a day in Oslo and in Bergen, and tell me which one to take."


def run() -> dict[str, object]:
    """Run the agent to its last word: what it said and thought, and what its tools were called with."""
    calls: list[list[str]] = []

    def weather(city: str) -> str:
        """Tell the weather in a city."""
        calls.append(["weather", city])
        return f"{city}: {len(city)} degrees, light rain"

    def trains(city: str, day: str) -> str:
        """List the trains to a city on a day."""
        calls.append(["trains", city, day])
        return f"{day}: 08:0{len(city)} and 17:1{len(city)} to {city}"

    thinking = {"type": "enabled", "budget_tokens": 1024}
    model = init_chat_model("anthropic:claude-sonnet-4.5", max_tokens=4096, thinking=thinking)
    agent = create_agent(model, tools=[weather, trains])
    asked = {"messages": [{"role": "user", "content": QUESTION}]}
    said, thought = "", ""
    for chunk, _ in agent.stream(asked, {"recursion_limit": 50}, stream_mode="messages"):
        if isinstance(chunk, AIMessageChunk):
            said += str(chunk.text)
            blocks = chunk.content if isinstance(chunk.content, list) else []
            thought += "".join([str(block.get("thinking", "")) for block in blocks if isinstance(block, dict)])
    return {"said": said, "thought": thought, "calls": sorted(calls)}  # parallel calls come in any order


for line in sys.stdin:
    os.environ.update(json.loads(line))
    try:
        seen = run()
    except Exception as error:
        seen = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(seen), flush=True)

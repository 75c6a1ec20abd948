"""pydantic-ai: its agents. See program.py."""

# mypy: ignore-errors
# ruff: noqa: D103 - the verbs of a table, named after what they do

import base64

from program import BRIEF, CLAUDE, GPT, HELLO, IN_OSLO, LOOK, PICTURE, QUESTION, REASONER, FileReader, Weather, main
from pydantic_ai import Agent, BinaryContent, NativeOutput, ThinkingPart

MODELS = {"anthropic": f"anthropic:{CLAUDE}", "openai": f"openai-chat:{GPT}"}
THINKING = {
    "anthropic": {"anthropic_thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2048},
    "openai": {"openai_reasoning_effort": "low"},
}
REASONERS = {**MODELS, "openai": f"openai-chat:{REASONER}"}
CACHING = {"anthropic": {"anthropic_cache_instructions": True}, "openai": {}}


def verbs(wire):
    async def text():
        return {"text": (await Agent(MODELS[wire]).run(HELLO)).output}

    async def stream():
        async with Agent(MODELS[wire]).run_stream(HELLO) as result:
            pieces = [piece async for piece in result.stream_text(delta=True, debounce_by=None)]
        return {"text": "".join(pieces), "pieces": len(pieces)}

    async def tools():
        reader = FileReader()
        return reader.seen((await Agent(MODELS[wire], tools=[reader.read_file]).run(QUESTION)).output)

    async def parallel():
        reader = FileReader()
        async with Agent(MODELS[wire], tools=[reader.read_file]).run_stream(QUESTION) as result:
            said = await result.get_output()
        return reader.seen(said)

    async def structured():
        agent = Agent(MODELS[wire], output_type=NativeOutput(Weather))
        return {"parsed": (await agent.run(IN_OSLO)).output.model_dump()}

    async def thinking():
        result = await Agent(REASONERS[wire], model_settings=THINKING[wire]).run(HELLO)
        thought = [part.content for part in result.response.parts if isinstance(part, ThinkingPart)]
        return {"text": result.output, "thinking": "".join(thought)}

    async def caching():
        agent = Agent(MODELS[wire], instructions=BRIEF, model_settings=CACHING[wire])
        return {"cached": [(await agent.run(HELLO)).response.usage.cache_read_tokens for _ in range(2)]}

    async def vision():
        image = BinaryContent(base64.b64decode(PICTURE), media_type="image/png")
        return {"text": (await Agent(MODELS[wire]).run([LOOK, image])).output}

    acts = (text, stream, tools, parallel, structured, thinking, caching, vision)
    return {act.__name__: act for act in acts}


main({wire: verbs(wire) for wire in MODELS})

"""The OpenAI Agents SDK, on the Responses API and told to use chat completions, without its traces. See program.py."""

# mypy: ignore-errors
# ruff: noqa: D103 - the verbs of a table, named after what they do

from agents import Agent, ModelSettings, Runner, function_tool, set_default_openai_api, set_tracing_disabled
from openai.types.shared import Reasoning
from program import BRIEF, GPT, HELLO, IN_OSLO, LOOK, PICTURE, QUESTION, REASONER, FileReader, Weather, main

set_tracing_disabled(True)


def agent(model=GPT, **options):
    return Agent(name="Assistant", model=model, **options)


async def text():
    return {"text": (await Runner.run(agent(), HELLO)).final_output}


async def streamed(asked, **options):
    result = Runner.run_streamed(agent(**options), asked)
    pieces = [
        event.data.delta
        async for event in result.stream_events()
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta"
    ]
    return {"text": result.final_output, "pieces": len(pieces)}


async def tools():
    reader = FileReader()
    result = await Runner.run(agent(tools=[function_tool(reader.read_file)]), QUESTION)
    return reader.seen(result.final_output)


async def parallel():
    reader = FileReader()
    shown = await streamed(QUESTION, tools=[function_tool(reader.read_file)])
    return reader.seen(shown["text"])


async def structured():
    return {"parsed": (await Runner.run(agent(output_type=Weather), IN_OSLO)).final_output.model_dump()}


async def thinking():
    result = await Runner.run(
        agent(REASONER, model_settings=ModelSettings(reasoning=Reasoning(effort="low", summary="auto"))), HELLO
    )
    summaries = [
        part.text for item in result.new_items if item.type == "reasoning_item" for part in item.raw_item.summary
    ]
    return {"text": result.final_output, "thinking": "".join(summaries)}


async def caching():
    usages = [(await Runner.run(agent(instructions=BRIEF), HELLO)).context_wrapper.usage for _ in range(2)]
    return {"cached": [usage.input_tokens_details.cached_tokens for usage in usages]}


async def vision():
    image = {"type": "input_image", "image_url": f"data:image/png;base64,{PICTURE}", "detail": "auto"}
    asked = [{"role": "user", "content": [{"type": "input_text", "text": LOOK}, image]}]
    return {"text": (await Runner.run(agent(), asked)).final_output}


VERBS = {
    "text": text,
    "stream": lambda: streamed(HELLO),
    "tools": tools,
    "parallel": parallel,
    "structured": structured,
    "thinking": thinking,
    "caching": caching,
    "vision": vision,
}


def on(api):
    def using(verb):
        def act():
            set_default_openai_api(api)
            return verb()

        return act

    return {name: using(verb) for name, verb in VERBS.items()}


main({"openai": on("chat_completions"), "responses": on("responses")})

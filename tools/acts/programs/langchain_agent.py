"""LangChain: chat models by `init_chat_model`, and its agents. See program.py."""

# mypy: ignore-errors
# ruff: noqa: D103 - the verbs of a table, named after what they do

from langchain.agents import create_agent
from langchain.chat_models import init_chat_model
from langchain_core.messages import AIMessageChunk
from program import BRIEF, CLAUDE, GPT, HELLO, IN_OSLO, LOOK, PICTURE, QUESTION, REASONER, FileReader, Weather, main

MODELS = {"anthropic": f"anthropic:{CLAUDE}", "openai": f"openai:{GPT}"}
THINKING = {
    "anthropic": {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2048},
    "openai": {"name": f"openai:{REASONER}", "reasoning_effort": "low"},
}


def verbs(wire):
    def model(name=MODELS[wire], **options):
        return init_chat_model(name, **options)

    def stream():
        pieces = [str(chunk.text) for chunk in model().stream(HELLO) if chunk.text]
        return {"text": "".join(pieces), "pieces": len(pieces)}

    def tools():
        reader = FileReader()
        agent = create_agent(model(), tools=[reader.read_file])
        return reader.seen(str(agent.invoke({"messages": QUESTION})["messages"][-1].text))

    def parallel():
        reader = FileReader()
        agent = create_agent(model(), tools=[reader.read_file])
        chunks = [chunk for chunk, _ in agent.stream({"messages": QUESTION}, stream_mode="messages")]
        return reader.seen("".join(str(chunk.text) for chunk in chunks if isinstance(chunk, AIMessageChunk)))

    def thinking():
        message = model(**THINKING[wire]).invoke(HELLO)
        thoughts = [block.get("reasoning", "") for block in message.content_blocks if block["type"] == "reasoning"]
        return {"text": str(message.text), "thinking": "".join(thoughts)}

    def caching():
        system = {"role": "system", "content": BRIEF}
        if wire == "anthropic":
            system["content"] = [{"type": "text", "text": BRIEF, "cache_control": {"type": "ephemeral"}}]
        asked = [system, {"role": "user", "content": HELLO}]
        usages = [model().invoke(asked).usage_metadata["input_token_details"] for _ in range(2)]
        return {"cached": [usage["cache_read"] for usage in usages]}

    def vision():
        image = {"type": "image", "base64": PICTURE, "mime_type": "image/png"}
        asked = [{"role": "user", "content": [{"type": "text", "text": LOOK}, image]}]
        return {"text": str(model().invoke(asked).text)}

    return {
        "text": lambda: {"text": str(model().invoke(HELLO).text)},
        "stream": stream,
        "tools": tools,
        "parallel": parallel,
        "structured": lambda: {
            "parsed": model().with_structured_output(Weather, method="json_schema").invoke(IN_OSLO).model_dump()
        },
        "caching": caching,
        "vision": vision,
        "thinking": thinking,
    }


main({wire: verbs(wire) for wire in MODELS})

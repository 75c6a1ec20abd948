"""LangGraph: a graph of a model and its tools, with a memory of its own. See program.py."""

# mypy: ignore-errors
# ruff: noqa: D103 - the verbs of a table, named after what they do

from langchain.chat_models import init_chat_model
from langchain_core.messages import AIMessageChunk
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from program import CLAUDE, GPT, HELLO, QUESTION, FileReader, main

MODELS = {"anthropic": f"anthropic:{CLAUDE}", "openai": f"openai:{GPT}"}
THREAD = {"configurable": {"thread_id": "1"}}


def graph(wire, *tools):
    model = init_chat_model(MODELS[wire]).bind_tools(tools)
    builder = StateGraph(MessagesState)
    builder.add_node("model", lambda state: {"messages": [model.invoke(state["messages"])]})
    builder.add_node("tools", ToolNode(tools))
    builder.add_edge(START, "model")
    builder.add_conditional_edges("model", tools_condition)
    builder.add_edge("tools", "model")
    return builder.compile(checkpointer=InMemorySaver())


def verbs(wire):
    def whole(asked):
        reader = FileReader()
        state = graph(wire, reader.read_file).invoke({"messages": asked}, THREAD)
        return reader.seen(str(state["messages"][-1].text))

    def streamed(asked):
        reader = FileReader()
        chunks = graph(wire, reader.read_file).stream({"messages": asked}, THREAD, stream_mode="messages")
        pieces = [str(chunk.text) for chunk, _ in chunks if isinstance(chunk, AIMessageChunk) and chunk.text]
        return reader.seen("".join(pieces)) | {"pieces": len(pieces)}

    return {
        "text": lambda: whole(HELLO),
        "stream": lambda: streamed(HELLO),
        "tools": lambda: whole(QUESTION),
        "parallel": lambda: streamed(QUESTION),
    }


main({wire: verbs(wire) for wire in MODELS})

"""The extensions, asked in JavaScript: by Vercel's `openai()`, whose default is the Responses API, and by the SDK."""

import json
import subprocess
from pathlib import Path

import pytest

import mockserver
from tests.clients.roster import PACKAGES, TIME_LIMIT

PROGRAM = """
import { Output, generateText, jsonSchema, stepCountIs, streamText, tool } from "ai";
import { createOpenAI } from "@ai-sdk/openai";
import OpenAI from "openai";

const [url, apiKey] = process.argv.slice(2);
const model = createOpenAI({ baseURL: `${url}/api/v1`, apiKey })("gpt-5");
const properties = { city: { type: "string" } };
const schema = jsonSchema({ type: "object", properties, required: ["city"], additionalProperties: false });
const look = tool({ description: "Weather", inputSchema: schema, execute: async ({ city }) => `sunny in ${city}` });
const loop = { model, prompt: "Weather?", tools: { look }, stopWhen: stepCountIs(4) };
const sdk = new OpenAI({ baseURL: `${url}/v1`, apiKey });

const looped = await generateText(loop);
const pieces = [];
for await (const piece of streamText(loop).textStream) pieces.push(piece);
const formed = await generateText({ model, prompt: "Where?", output: Output.object({ schema }) });
const response = await sdk.responses.stream({ model: "gpt-5", input: "Hello" }).finalResponse();
const embedded = await sdk.embeddings.create({ model: "m", input: "Hello", dimensions: 3 });
console.log(JSON.stringify({
  looped: looped.text,
  streamed: pieces.join(""),
  formed: formed.output,
  sdk: response.output_text,
  dimensions: embedded.data[0].embedding.length,
}));
"""

TURNS = """
scenario: javascript
turns:
  - when: {last: tool_result}
    reply: It is {{tool_result}}.
    times: always
  - when: {tools: [look]}
    reply: [{text: "Look. "}, {tool_use: {name: look, input: {city: Oslo}}}]
    times: always
  - when: {text: "Where?"}
    reply: {json: {city: Oslo}}
  - reply: Hello there.
"""


@pytest.mark.parametrize("packages", ["node", "node-previous"])
def test_clients_in_javascript_are_served_at_their_defaults(tmp_path: Path, packages: str) -> None:
    (tmp_path / "node_modules").symlink_to(PACKAGES / packages / "node_modules")
    program = tmp_path / "program.mjs"
    program.write_text(PROGRAM, encoding="utf-8")
    with mockserver.start(TURNS, extensions=["responses", "embeddings"]) as gateway:
        command = ["node", str(program), gateway.url, gateway.key]
        ran = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=TIME_LIMIT, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert gateway.verdict().findings == ()
    assert json.loads(ran.stdout) == {
        "looped": "It is sunny in Oslo.",
        "streamed": "Look. It is sunny in Oslo.",
        "formed": {"city": "Oslo"},
        "sdk": "Hello there.",
        "dimensions": 3,
    }

"""A snapshot is a readable account of a run, and the same in every run."""

from pydantic import JsonValue

import mockserver
from mockserver.testing.gateway import GatewaySession
from tests.support.posting import post

TOLD = """\
- request: POST /v1/messages
  model: m
  tools:
  - read_file
  said:
  - user: Hello
  answer:
    status: 200
    turn: test/1
    tool_use:
    - name: read_file
      id: call 1
      input:
        path: /x
- request: POST /v1/messages
  model: m
  tools:
  - read_file
  said:
  - assistant:
      tool_use: read_file
      id: call 1
      input:
        path: /x
  - user:
      tool_result: call 1
      text: '42'
  answer:
    status: 200
    turn: test/2
    text: It is 42.
"""


def run(gateway: GatewaySession) -> str:
    gateway.tool_use("read_file", path="/x").reply("It is 42.")
    tools: JsonValue = [{"name": "read_file", "input_schema": {"type": "object"}}]
    content = post(gateway, tools=tools).json()["content"]
    result = {"type": "tool_result", "tool_use_id": content[0]["id"], "content": "42"}
    said = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": content}]
    post(gateway, messages=[*said, {"role": "user", "content": [result]}], tools=tools)
    return gateway.snapshot()


def test_each_request_shows_what_is_new(gateway: GatewaySession) -> None:
    assert run(gateway) == TOLD


def test_another_seed_and_server_tell_the_same() -> None:
    with mockserver.start(seed=7) as gateway:
        assert run(gateway) == TOLD

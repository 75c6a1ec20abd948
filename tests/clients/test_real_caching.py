"""The official SDKs read what was cached from whole answers and from streams, on both wires."""

from typing import Literal

import anthropic
import openai
import pytest
from anthropic.types import TextBlockParam

from mockserver.testing.gateway import GatewaySession

LONG = "It was a dark and stormy night; the rain fell in torrents. " * 100


@pytest.mark.parametrize("lifetime", ["5m", "1h"])
@pytest.mark.parametrize("stream", [False, True])
def test_anthropic_reads_what_was_written_and_what_was_found(
    gateway: GatewaySession, lifetime: Literal["5m", "1h"], stream: bool
) -> None:
    system: list[TextBlockParam] = [
        {"type": "text", "text": LONG, "cache_control": {"type": "ephemeral", "ttl": lifetime}}
    ]
    usages = []
    with anthropic.Anthropic(base_url=gateway.url, api_key=gateway.key) as client:
        for _ in range(2):
            if stream:
                with client.messages.stream(
                    model="claude-sonnet-4.5",
                    max_tokens=100,
                    system=system,
                    messages=[{"role": "user", "content": "Who wrote it?"}],
                ) as events:
                    usages.append(events.get_final_message().usage)
            else:
                message = client.messages.create(
                    model="claude-sonnet-4.5",
                    max_tokens=100,
                    system=system,
                    messages=[{"role": "user", "content": "Who wrote it?"}],
                )
                usages.append(message.usage)
    assert [usage.cache_creation_input_tokens for usage in usages] == [1475, 0]
    assert [usage.cache_read_input_tokens for usage in usages] == [0, 1475]
    assert usages[0].cache_creation is not None
    written = usages[0].cache_creation
    assert (written.ephemeral_5m_input_tokens, written.ephemeral_1h_input_tokens) == (
        (1475, 0) if lifetime == "5m" else (0, 1475)
    )


@pytest.mark.parametrize("stream", [False, True])
def test_openai_reads_what_was_found(gateway: GatewaySession, stream: bool) -> None:
    found = []
    with openai.OpenAI(base_url=f"{gateway.url}/api/v1", api_key=gateway.key) as client:
        for _ in range(2):
            if stream:
                chunks = client.chat.completions.create(
                    model="gpt-4o",
                    messages=[{"role": "user", "content": LONG}],
                    stream=True,
                    stream_options={"include_usage": True},
                )
                usage = next(chunk.usage for chunk in chunks if chunk.usage is not None)
            else:
                answer = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": LONG}])
                assert answer.usage is not None
                usage = answer.usage
            assert usage.prompt_tokens_details is not None
            found.append(usage.prompt_tokens_details.cached_tokens)
    assert found == [0, 1408]

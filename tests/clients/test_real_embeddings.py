"""Embeddings, asked by the official SDK, which wants base64 by default."""

from collections.abc import Iterator
from math import hypot

import openai
import pytest

from mockserver.testing.gateway import GatewaySession

pytestmark = pytest.mark.gateway(extensions=["embeddings"])


@pytest.fixture
def client(gateway: GatewaySession) -> Iterator[openai.OpenAI]:
    """Yield the SDK."""
    with openai.OpenAI(base_url=gateway.openai_url, api_key=gateway.key, max_retries=0) as sdk:
        yield sdk


def test_the_same_text_has_the_same_unit_vector(client: openai.OpenAI) -> None:
    answer = client.embeddings.create(model="text-embedding-3-small", input=["one", "two", "one"])
    first, second, third = [item.embedding for item in answer.data]
    assert (len(first), first == third, first == second) == (1536, True, False)
    assert hypot(*first) == pytest.approx(1, abs=1e-6)
    assert (answer.usage.prompt_tokens, answer.usage.total_tokens) == (3, 3)


def test_floats_and_base64_say_the_same(client: openai.OpenAI) -> None:
    plain = client.embeddings.create(model="m", input="one", encoding_format="float").data[0].embedding
    assert client.embeddings.create(model="m", input="one").data[0].embedding == pytest.approx(plain, abs=1e-6)


def test_fewer_dimensions_are_the_beginning_of_the_vector(client: openai.OpenAI) -> None:
    model = "text-embedding-3-large"
    long = client.embeddings.create(model=model, input="one").data[0].embedding
    short = client.embeddings.create(model=model, input="one", dimensions=4).data[0].embedding
    size = hypot(*long[:4])
    assert len(long) == 3072
    assert short == pytest.approx([number / size for number in long[:4]], abs=1e-5)


@pytest.mark.parametrize(("input", "vectors", "tokens"), [([1, 2, 3], 1, 3), ([[1, 2], [3]], 2, 3)])
def test_tokens_are_taken_for_text(client: openai.OpenAI, input: list[int], vectors: int, tokens: int) -> None:
    answer = client.embeddings.create(model="m", input=input)
    assert (len(answer.data), answer.usage.prompt_tokens) == (vectors, tokens)


def test_an_empty_input_is_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="input"):
        client.embeddings.create(model="m", input=[])


def test_a_scenario_may_refuse(client: openai.OpenAI, gateway: GatewaySession) -> None:
    gateway.turn(when={"operation": "embeddings"}, error={"status": 429})
    with pytest.raises(openai.RateLimitError):
        client.embeddings.create(model="m", input="one")

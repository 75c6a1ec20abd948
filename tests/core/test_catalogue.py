"""The models of the documents: found in every spelling, with what they can do."""

import pytest
from pydantic import JsonValue

from mockserver.core import catalogue
from mockserver.engine.request import Request
from tests.support.engine import KEY, MESSAGES, Talk, contract

SPELLINGS = [
    ("claude-sonnet-4.5", "claude-sonnet-4.5"),
    ("claude-sonnet-4-5", "claude-sonnet-4.5"),
    ("anthropic/Claude_Sonnet_4.5", "claude-sonnet-4.5"),
    ("claude-3-5-haiku-20241022", "claude-3-5-haiku"),
    ("claude-3.5-haiku", "claude-3-5-haiku"),
    ("Llama-4-Maverick-17B-128E-Instruct-FP8", "llama-4-maverick-17b-128e"),
    ("meta/llama/Llama-3.3-70B-Instruct", "llama-3.3-70b-instruct"),
    ("GPT-4o", "gpt-4o"),
    ("claude-sonnet-4-5-20250929", "claude-sonnet-4.5"),
    ("claude-opus-4-20250514", "claude-opus-4"),
    ("claude-3-5-sonnet-latest", "claude-3-5-sonnet-20241022"),
    ("gpt-4o-2024-08-06", "gpt-4o"),
]


@pytest.mark.parametrize(("written", "id"), SPELLINGS)
def test_a_model_is_found_in_every_documents_spelling(written: str, id: str) -> None:
    model = catalogue.find(written)
    assert model is not None
    assert model.id == id


@pytest.mark.parametrize("written", ["", "/", "gpt-5", "claude", "gpt-4o-mini"])
def test_a_model_that_no_document_names_is_not_found(written: str) -> None:
    assert catalogue.find(written) is None


def test_an_id_that_is_too_long_to_be_kept_is_not_found() -> None:
    assert catalogue.find(f"{'vendor' * 40}/{catalogue.MODELS[0].id}") is None


def test_no_two_models_have_the_same_spelling() -> None:
    names = [catalogue.fold(name) for model in catalogue.MODELS for name in (model.id, *model.aliases)]
    assert len(names) == len(set(names))


def test_every_model_says_which_documents_name_it() -> None:
    assert all(model.sources and set(model.sources) <= {"D0", "D1", "D3", "D4"} for model in catalogue.MODELS)


TOOLS = [
    ("claude-opus-4", True),
    ("qwen-coder-32b", True),
    ("gemma-2b", False),
    ("gemma-9b", False),
    ("deepseek-r1", False),
    ("deepseek-r1-distill-llama-8b", False),
    ("minimax-m2.7", False),
    ("google/Gemma-2B", False),
    ("nobody-knows", True),
]


@pytest.mark.parametrize(("id", "calls"), TOOLS)
def test_gemma_deepseek_and_minimax_do_not_call_tools(id: str, calls: bool) -> None:
    assert catalogue.calls_tools(id) is calls


@pytest.mark.parametrize("path", ["/v1/models", "/api/v1/models"])
def test_the_list_of_models_keeps_the_contract(path: str) -> None:
    operation, _ = contract().find("GET", path)
    contract().response_validator(operation, 200).validate(Talk().get(path).json)


def test_the_list_has_every_model_once_and_says_where_it_ends() -> None:
    listed = Talk().get("/v1/models").json
    ids = [model.id for model in catalogue.MODELS]
    data = listed["data"]
    assert isinstance(data, list)
    assert [entry["id"] for entry in data if isinstance(entry, dict)] == ids
    assert (listed["first_id"], listed["last_id"], listed["has_more"]) == (ids[0], ids[-1], False)


def test_an_empty_list_has_no_first_and_no_last() -> None:
    empty = catalogue.listing(after="gpt-4o")
    assert (empty["data"], empty["first_id"], empty["last_id"]) == ([], None, None)


@pytest.mark.parametrize("id", [model.id for model in catalogue.MODELS])
def test_every_model_keeps_the_contract(id: str) -> None:
    path = f"/v1/models/{id}"
    contract().response_validator(contract().find("GET", path)[0], 200).validate(Talk().get(path).json)


@pytest.mark.parametrize("prefix", ["/v1", "/api/v1"])
def test_one_model_echoes_the_id_as_written(prefix: str) -> None:
    assert Talk().get(f"{prefix}/models/meta/Llama-3.3-70B-Instruct").json["id"] == "meta/Llama-3.3-70B-Instruct"


def test_an_unknown_model_is_404_and_names_the_nearest_one() -> None:
    answer = Talk().get("/v1/models/gema-2b")
    assert (answer.status, answer.json["code"]) == (404, "model_not_found")
    assert answer.json["message"] == "No model 'gema-2b'; did you mean 'gemma-2b'?"


@pytest.mark.parametrize("written", ["claude-sonnet-4-5", "Meta/Llama-3.3-8B-Instruct", "nobody-knows"])
def test_a_reply_echoes_the_model_as_the_client_wrote_it(written: str) -> None:
    model: JsonValue = Talk().say(MESSAGES, model=written).json["model"]
    assert model == written


PAGES = [
    ("", 0, 20, False),
    ("limit=3", 0, 3, True),
    ("limit=1000", 0, 20, False),
    ("limit=3&after_id=qwen-coder-7b", 2, 5, True),
    ("limit=3&after_id=claude-opus-4", 18, 20, False),
    ("limit=2&before_id=minimax-m2.7", 1, 3, True),
    ("before_id=qwen-coder-7b", 0, 1, False),
]


@pytest.mark.parametrize(("query", "first", "last", "has_more"), PAGES)
def test_the_list_of_models_comes_in_pages(query: str, first: int, last: int, has_more: bool) -> None:
    page = Talk().send(Request("GET", "/v1/models", KEY, query=query)).json
    ids = [model.id for model in catalogue.MODELS[first:last]]
    assert [model["id"] for model in page["data"]] == ids  # type: ignore[union-attr, index, call-overload]  # JSON
    assert (page["first_id"], page["last_id"], page["has_more"]) == (ids[0], ids[-1], has_more)


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "limit=-1", "limit=100001", "after_id=nobody"])
def test_a_page_that_cannot_be_is_refused(query: str) -> None:
    answer = Talk().send(Request("GET", "/v1/models", KEY, query=query))
    assert (answer.status, answer.json["code"]) == (400, "invalid_request")

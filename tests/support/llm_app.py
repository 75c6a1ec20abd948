"""A gateway of a company's own, made with FastAPI: OpenAI's wire behind a credential of its own, by its own document.

It answers in words, whole, and refuses what it does not know. `place` says where it wants its credential.
"""

import itertools
import time
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyCookie, APIKeyHeader, APIKeyQuery, HTTPBasic, HTTPBasicCredentials, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.exceptions import HTTPException as PlainHTTPException

KEY = "gateway:0123456789"
"""The credential. It has a colon, because that of Basic needs one."""

WORDS = "Hello from a gateway of our own."
"""Every answer, unless it may have fewer words."""

CHAT = "/llm/chat/completions"


WARMEST = 2


class Said(BaseModel):
    """A message of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class Asked(BaseModel):
    """A request, as strictly as pydantic reads it."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(examples=["small"])
    messages: list[Said] = Field(min_length=1, examples=[[{"role": "user", "content": "Hello"}]])
    max_tokens: int | None = Field(None, ge=1, le=4096)
    temperature: float | None = Field(None, ge=0, le=WARMEST)
    top_p: float = Field(1, gt=0, le=1)
    user: str | None = Field(None, max_length=64)
    stream: Literal[False] = False


class AskedLeniently(Asked):
    """A request whose `user` is cut where it is too long."""

    user: Annotated[str | None, BeforeValidator(lambda user: user[:64] if isinstance(user, str) else user)] = Field(
        None, max_length=64
    )


class Spent(BaseModel):
    """What an answer counts."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Answer(BaseModel):
    """A whole answer."""

    id: str
    object: str = "chat.completion"
    created: int
    model: str
    choices: list[dict[str, Any]]
    usage: Spent


class Trouble(BaseModel):
    """A failure."""

    error: dict[str, Any]


def _refuse_unless(right: bool) -> None:
    if not right:
        raise HTTPException(401, "the credential is missing or wrong")


def _guard(place: str, fault: str) -> Any:
    """Return what checks the credential in a place."""

    async def of_key(key: Annotated[str | None, Depends(_KEYS.get(place))]) -> None:
        _refuse_unless(key == KEY or fault == "no-key" or (fault == "any-key" and bool(key)))

    async def of_bearer(
        key: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
    ) -> None:
        _refuse_unless(key is not None and key.credentials == KEY)

    async def of_basic(key: Annotated[HTTPBasicCredentials | None, Depends(HTTPBasic(auto_error=False))]) -> None:
        _refuse_unless(key is not None and f"{key.username}:{key.password}" == KEY)

    return {"bearer": of_bearer, "basic": of_basic}.get(place, of_key)


_KEYS: dict[str, Any] = {
    "header": APIKeyHeader(name="X-Gateway-Key", auto_error=False),
    "query": APIKeyQuery(name="gateway_key", auto_error=False),
    "cookie": APIKeyCookie(name="gateway_session", auto_error=False),
}

SCHEMES = {
    "header": "APIKeyHeader",
    "query": "APIKeyQuery",
    "cookie": "APIKeyCookie",
    "bearer": "HTTPBearer",
    "basic": "HTTPBasic",
}
"""Place -> the name of its security scheme in the document that FastAPI writes."""


def llm_app(place: str = "header", fault: str = "") -> FastAPI:
    """Return the gateway, with one fault."""
    app, numbers = FastAPI(), itertools.count(1)

    async def told(request: Request, error: Exception) -> JSONResponse:
        """Answer a failure in the form of the wire."""
        status = error.status_code if isinstance(error, PlainHTTPException) else 400
        words = str(getattr(error, "detail", None) or "the request is invalid")
        headers = getattr(error, "headers", None)
        kind = "authentication_error" if status == 401 else "invalid_request_error"
        return JSONResponse({"error": {"message": words, "type": kind}}, status, headers)

    app.add_exception_handler(PlainHTTPException, told)
    app.add_exception_handler(RequestValidationError, told)
    trouble: dict[int | str, dict[str, Any]] = {400: {"model": Trouble}, 401: {"model": Trouble}}
    guarded = [Depends(_guard(place, fault))]

    async def chat(asked: Asked) -> Answer:
        if fault == "largest-refused" and asked.temperature == WARMEST:
            raise HTTPException(400, "too warm")
        if asked.model != "small":
            raise HTTPException(404, "no such model")
        words = WORDS.split()[: asked.max_tokens]
        count = len(words)
        message = {"role": "assistant", "content": " ".join(words)}
        ending = "stop" if count == len(WORDS.split()) else "length"
        choice = {"index": 0, "message": message, "finish_reason": ending}
        usage = Spent(prompt_tokens=3, completion_tokens=count, total_tokens=3 + count)
        id = f"chatcmpl-{next(numbers)}"
        return Answer(id=id, created=int(time.time()), model="small", choices=[choice], usage=usage)

    chat.__annotations__["asked"] = AskedLeniently if fault == "beyond-taken" else Asked
    app.post(CHAT, dependencies=guarded, responses={**trouble, 404: {"model": Trouble}})(chat)

    @app.get("/llm/models", dependencies=guarded, responses={401: trouble[401]})
    async def models() -> dict[str, list[dict[str, str]]]:
        return {"data": [{"id": "small"}]}

    return app

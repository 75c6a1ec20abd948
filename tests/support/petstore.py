"""A store of pets as FastAPI makes it, with the document that FastAPI writes; and stores with one fault each.

The document needs what FastAPI does not write by itself: links, and the schema of the events of a stream.
"""

import itertools
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Query, Response
from fastapi.responses import PlainTextResponse, StreamingResponse
from fastapi.security import APIKeyCookie, APIKeyHeader, APIKeyQuery, HTTPBasic, HTTPBasicCredentials, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials
from pydantic import BaseModel, Field

KEY = "pets:0123456789"
"""The credential of every scheme. It has a colon, because that of Basic needs one."""


class NewPet(BaseModel):
    """A pet that somebody brings."""

    name: str = Field(min_length=1, max_length=40, examples=["Rex"])
    age: int = Field(ge=0, le=40, examples=[3])
    tag: str | None = None


class ChangedPet(BaseModel):
    """What may change of a pet."""

    name: str = Field("Nobody", min_length=1, max_length=40, examples=["Max"])
    age: int = Field(0, ge=0, le=40)


class StoredPet(NewPet):
    """A pet of the store."""

    id: int


class Failure(BaseModel):
    """Why a request is refused."""

    detail: str


REFUSED: dict[int | str, dict[str, Any]] = {401: {"model": Failure}, 404: {"model": Failure}}
EVENT = {
    "type": "object",
    "required": ["data"],
    "properties": {
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {"type": "object", "required": ["age"], "properties": {"age": {"type": "integer"}}},
        }
    },
}


def _refuse_unless(right: bool) -> None:
    if not right:
        raise HTTPException(401, "the credential is missing or wrong")


async def _one(event: str) -> AsyncIterator[str]:
    yield event


def _guards(fault: str) -> dict[str, Any]:
    """Return what checks a credential, by the place where it is."""

    async def of_header(key: Annotated[str | None, Depends(APIKeyHeader(name="api_key", auto_error=False))]) -> None:
        _refuse_unless(key == KEY or fault == "auth-not-checked" or (fault == "any-key" and key is not None))

    async def of_query(key: Annotated[str | None, Depends(APIKeyQuery(name="key", auto_error=False))]) -> None:
        _refuse_unless(key == KEY or (fault == "any-query-key" and key is not None))

    async def of_cookie(key: Annotated[str | None, Depends(APIKeyCookie(name="session", auto_error=False))]) -> None:
        _refuse_unless(key == KEY)

    async def of_bearer(
        key: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
    ) -> None:
        _refuse_unless(key is not None and key.credentials == KEY)

    async def of_basic(key: Annotated[HTTPBasicCredentials | None, Depends(HTTPBasic(auto_error=False))]) -> None:
        _refuse_unless(key is not None and f"{key.username}:{key.password}" == KEY)

    return {"header": of_header, "query": of_query, "cookie": of_cookie, "bearer": of_bearer, "basic": of_basic}


def petstore(fault: str = "") -> FastAPI:
    """Return an empty store, with one fault."""
    app, guards = FastAPI(), _guards(fault)
    for place, guard in guards.items():
        if place != "header":

            @app.get(
                f"/owners/{place}",
                name=f"owner by {place}",
                dependencies=[Depends(guard)],
                responses={401: REFUSED[401]},
            )
            async def owner() -> dict[str, str]:
                return {"name": "Ada"}

    _pets(app, fault, [Depends(guards["header"])])
    return app


def _pets(app: FastAPI, fault: str, guarded: list[Any]) -> None:
    pets, numbers = dict[int, StoredPet](), itertools.count(1)

    def store(pet: NewPet, id: int) -> StoredPet:
        pets[id] = StoredPet(id=id, **pet.model_dump())
        return pets[id]

    def found(id: int) -> StoredPet:
        if id not in pets:
            raise HTTPException(404, "no such pet")
        return pets[id]

    @app.get("/pets", dependencies=guarded, responses={401: REFUSED[401]})
    async def every(limit: Annotated[int, Query(ge=1, le=100)] = 100) -> list[StoredPet]:
        if fault == "500-on-a-boundary" and limit == 1:
            return list(pets.values())[1 // 0 :]
        return list(pets.values())[-limit:]

    id = "$response.body#/number" if fault == "link-without-value" else "$response.body#/id"
    links = {"read": {"operationId": "one", "parameters": {"id": id}}}
    links |= {"owner": {"operationId": "owner", "parameters": {"id": 0}}} if fault == "link-leads-nowhere" else {}

    @app.post("/pets", status_code=201, dependencies=guarded, responses={401: REFUSED[401], 201: {"links": links}})
    async def add(pet: NewPet) -> StoredPet:
        if fault == "boundary-refused" and pet.age == 40:
            raise HTTPException(422, [])
        stored = store(pet, next(numbers))
        return stored.model_copy(update={"id": stored.id + 5000}) if fault == "created-is-not-found" else stored

    @app.get("/pets/{id}", dependencies=guarded, responses=REFUSED, operation_id="one")
    async def one(id: int) -> StoredPet:
        return found(id)

    @app.put("/pets/{id}", dependencies=guarded, responses=REFUSED)
    async def replace(id: int, pet: NewPet) -> StoredPet:
        before = found(id)
        if fault == "put-adds-another":
            store(pet, next(numbers))
        return before if fault == "put-stores-nothing" else store(pet, id)

    @app.patch("/pets/{id}", dependencies=guarded, responses=REFUSED)
    async def change(id: int, change: ChangedPet) -> StoredPet:
        before = found(id).model_dump()
        fields = change.model_dump(exclude_unset=fault != "patch-replaces")
        return store(NewPet(**{**before, **fields}), id)

    @app.delete("/pets/{id}", status_code=204, dependencies=guarded, responses=REFUSED)
    async def remove(id: int) -> None:
        found(id)
        if fault != "delete-keeps":
            del pets[id]

    @app.get("/sum", responses={200: {"content": {"application/json": {"schema": {"type": "integer"}}}}})
    async def total() -> Response:
        return PlainTextResponse("3") if fault == "wrong-media-type" else Response("3", media_type="application/json")

    @app.get(
        "/events",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {"itemSchema": EVENT}}}},
    )
    async def events() -> StreamingResponse:
        age = {"age": "three"} if fault == "event-of-another-type" else {"age": 3}
        return StreamingResponse(_one(f"data: {json.dumps(age)}\n\n"), media_type="text/event-stream")

"""A store of pets as FastAPI makes it, with the document that FastAPI writes."""

import itertools
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.security import HTTPBearer
from pydantic import BaseModel, Field


class NewPet(BaseModel):
    """A pet that somebody brings."""

    name: str = Field(min_length=1, examples=["Rex"])
    age: int = Field(ge=0, examples=[3])
    tag: str | None = None


class StoredPet(NewPet):
    """A pet of the store."""

    id: int


def petstore() -> FastAPI:
    """Return an empty store."""
    app, pets, numbers = FastAPI(), dict[int, StoredPet](), itertools.count(1)

    @app.get("/pets")
    def every(limit: Annotated[int, Query(ge=1, le=100)] = 10) -> list[StoredPet]:
        return list(pets.values())[:limit]

    @app.post("/pets", status_code=201)
    def add(pet: NewPet) -> StoredPet:
        stored = StoredPet(id=next(numbers), **pet.model_dump())
        pets[stored.id] = stored
        return stored

    @app.get("/pets/{id}")
    def one(id: int) -> StoredPet:
        if id not in pets:
            raise HTTPException(404)
        return pets[id]

    @app.delete("/pets/{id}", status_code=204)
    def remove(id: int) -> None:
        if pets.pop(id, None) is None:
            raise HTTPException(404)

    @app.get("/owner", dependencies=[Depends(HTTPBearer())], responses={401: {"description": "No token."}})
    def owner() -> dict[str, str]:
        return {"name": "Ada"}

    return app

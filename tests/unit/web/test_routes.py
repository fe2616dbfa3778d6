"""Routes are built once in a process, however many applications have them."""

from typing import Any

import pytest
from fastapi import APIRouter, Depends, FastAPI

from shared.web.routes import add_routes


def test_applications_have_the_very_same_routes_in_their_order() -> None:
    inner, outer = APIRouter(prefix="/inner", tags=["in"]), APIRouter()

    @inner.get("/first")
    def first() -> str:
        return "first"

    @inner.get("/{name}")
    def second(name: str) -> str:
        return name

    add_routes(outer, inner)
    apps = FastAPI(), FastAPI()
    for app in apps:
        add_routes(app, outer)
    own = [route for route in apps[0].routes if route in inner.routes]
    assert own == [route for route in apps[1].routes if route in inner.routes] == inner.routes
    paths = apps[0].openapi()["paths"]
    assert [(path, said["get"]["tags"]) for path, said in paths.items()] == [("/inner/first", ["in"]), ("/inner/{name}", ["in"])]


@pytest.mark.parametrize("says", [{"prefix": "/outer"}, {"tags": ["out"]}, {"include_in_schema": False}, {"dependencies": [Depends(list)]}])
def test_what_an_outer_router_says_of_routes_would_be_lost_so_it_is_refused(says: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="say it of theirs"):
        add_routes(APIRouter(**says), APIRouter())

"""Routes are built once in a process, however many applications have them."""

from fastapi import APIRouter, FastAPI

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

"""Routes of modules added to an application, as they are."""

from fastapi import APIRouter, FastAPI


def add_routes(to: FastAPI | APIRouter, *routers: APIRouter) -> None:
    """The routes of these routers, behind those that `to` has already; their prefixes and tags are those of their own routers.

    `include_router` keeps the routers: each application, and each level of them, builds all their routes anew at its first request,
    and every request is matched once more a level. No route of ours depends on where it is added, so none is built twice.
    """
    if isinstance(to, APIRouter) and (to.prefix or to.tags or to.dependencies or not to.include_in_schema):
        raise ValueError("what a router says of its own routes does not go over to those of others: say it of theirs")
    to.routes.extend(route for router in routers for route in router.routes)

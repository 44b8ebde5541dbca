"""The door in Flask's terms: what happens before and after a request because of who asks."""

from __future__ import annotations

from flask import Response, current_app

from models.contacts import contact_of
from recsvc.web import cors
from recsvc.web.access import Access, Caller
from recsvc.web.asked import Asked, asked
from recsvc.web.openapi import KEY_HEADER, ROUTES, Route
from recsvc.web.problems import InputError

_ROUTES = {route.operation: route for route in ROUTES}


def route_of(request: Asked) -> Route | None:
    """The path of ours that is asked, None for the storefront's and for those that do not exist."""
    return _ROUTES.get(request.endpoint or "")


def caller() -> Caller:
    """Who asks."""
    return _caller(asked())


def _caller(request: Asked) -> Caller:
    if request.caller is None:
        raise LookupError("nobody was let in")
    return request.caller


def admit(access: Access, request: Asked) -> Response | None:
    """Learn who asks, and answer at once what browsers ask beforehand.

    Raises:
        Refusal: they may not ask.
    """
    if (route := route_of(request)) is None:
        return None
    if request.method == "OPTIONS":
        return _preflight(access, request, route)
    request.caller = access.caller(request, route)
    access.count(request.caller)
    if route.scope == "admin":  # other paths ask once they know the customer
        access.permit(request.caller, route, None)
    return None


def permit(access: Access, customer_id: str | None) -> None:
    """Let the caller ask this path, and for this customer.

    Raises:
        Refusal: they may not.
        InputError: an e-mail address or a telephone number names the customer; every log on the way would keep it.
    """
    request = asked()
    if (route := route_of(request)) is not None:
        access.permit(_caller(request), route, customer_id)
    if customer_id is not None and (kind := contact_of(customer_id)) is not None:
        raise InputError("customer_id", f"looks like {kind}; send your own id, or the SHA-256 of it that training uses")


def label(access: Access, request: Asked, response: Response) -> None:
    """Say what an answer varies with, and let a listed page read it."""
    route = route_of(request)
    if not access.guarded or route is None or route.scope is None:
        return
    response.vary.update((KEY_HEADER, "Origin"))
    if request.caller is not None and request.caller.origin:
        cors.allow(response, request.caller.origin)


def _preflight(access: Access, request: Asked, route: Route) -> Response | None:
    if not access.guarded or not (route.public or route.token_scopes):
        return None
    response = current_app.make_default_options_response()
    if access.welcomes(request):
        cors.allow_beforehand(response, request.headers["Origin"], response.allow)
    return response

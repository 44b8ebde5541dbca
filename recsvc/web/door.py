"""The door in Flask's terms: what happens before and after a request because of who asks."""

from __future__ import annotations

from flask import Response, current_app, g, request

from models.contacts import contact_of
from recsvc.web import cors
from recsvc.web.access import Access, Caller
from recsvc.web.openapi import KEY_HEADER, ROUTES, Route
from recsvc.web.problems import InputError

_ROUTES = {route.operation: route for route in ROUTES}


def asked_route() -> Route | None:
    """The path of ours that is asked, None for the storefront's and for those that do not exist."""
    return _ROUTES.get(request.endpoint or "")


def caller() -> Caller:
    """Who asks."""
    found: Caller = g.caller
    return found


def admit(access: Access) -> Response | None:
    """Learn who asks, and answer at once what browsers ask beforehand.

    Raises:
        Refusal: they may not ask.
    """
    if (route := asked_route()) is None:
        return None
    if request.method == "OPTIONS":
        return _preflight(access, route)
    g.caller = access.caller(request, route)
    access.count(g.caller)
    if route.scope == "admin":  # other paths ask once they know the customer
        access.permit(g.caller, route, None)
    return None


def permit(access: Access, customer_id: str | None) -> None:
    """Let the caller ask this path, and for this customer.

    Raises:
        Refusal: they may not.
        InputError: an e-mail address or a telephone number names the customer; every log on the way would keep it.
    """
    if (route := asked_route()) is not None:
        access.permit(caller(), route, customer_id)
    if customer_id is not None and (kind := contact_of(customer_id)) is not None:
        raise InputError("customer_id", f"looks like {kind}; send your own id, or the SHA-256 of it that training uses")


def label(access: Access, response: Response) -> None:
    """Say what an answer varies with, and let a listed page read it."""
    route = asked_route()
    if not access.guarded or route is None or route.scope is None:
        return
    response.vary.update((KEY_HEADER, "Origin"))
    if "caller" in g and g.caller.origin:
        cors.allow(response, g.caller.origin)


def _preflight(access: Access, route: Route) -> Response | None:
    if not access.guarded or not (route.public or route.token_scopes):
        return None
    response = current_app.make_default_options_response()
    if access.welcomes(request):
        cors.allow_beforehand(response, request.headers["Origin"], response.allow)
    return response

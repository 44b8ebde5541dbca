"""Flask, told once what it would ask for every request."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, Request, Response, request
from flask.ctx import RequestContext
from flask.sessions import NullSession
from werkzeug.routing import BaseConverter, MapAdapter, Rule

from recsvc.web.asked import Asked, asked

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class Application(Flask):
    """Flask for an application without coroutines, subdomains, websockets, sessions and listeners to its signals.

    What it would find out anew for every request is a quarter of what an answer costs that is at hand.
    """

    request_class = Asked

    def __init__(self, name: str) -> None:
        super().__init__(name, static_folder=None)
        self.url_map.merge_slashes = False
        self.url_map.converters["any_id"] = AnyId
        self._plain: dict[tuple[str, str], Rule] = {}
        self._no_session = NullSession()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function: none of ours is a coroutine."""
        return func

    def request_context(self, environ: WSGIEnvironment) -> RequestContext:
        """What a request carries along; all have the same session, which holds nothing and takes nothing."""
        return RequestContext(self, environ, session=self._no_session)

    def full_dispatch_request(self) -> Response:
        """Answer a request, errors too; nobody listens to signals."""
        try:
            answer = self.preprocess_request()
            if answer is None:
                answer = self.dispatch_request()
        except Exception as error:  # noqa: BLE001  # as Flask does: a handler of ours says what it is
            answer = self.handle_user_exception(error)
        return self.process_response(self.make_response(answer))

    def dispatch_request(self) -> Any:  # noqa: ANN401  # as Flask's own
        """What the view says; views that answer `OPTIONS` by themselves are none of ours."""
        now = asked()
        rule = now.url_rule
        if rule is None or now.routing_exception is not None or now.method == "OPTIONS":
            return super().dispatch_request()
        return self.view_functions[rule.endpoint](**(now.view_args or {}))

    def preprocess_request(self) -> Any:  # noqa: ANN401  # as Flask's own
        """What is done before every request."""
        if self.blueprints and "." in (request.endpoint or ""):  # of a blueprint, which may have more to do
            return super().preprocess_request()
        for function in self.before_request_funcs[None]:
            if (answer := function()) is not None:
                return answer
        return None

    def process_response(self, response: Response) -> Response:
        """What is done after every request."""
        if self.blueprints and "." in (request.endpoint or ""):
            return super().process_response(response)
        for function in reversed(self.after_request_funcs[None]):
            response = cast("Response", function(response))
        return response

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """What finds the rule of a request, None without one: there is no name of this server to build from."""
        if request is None:
            return None
        asked = request.environ
        if (rule := self._plain.get((asked["PATH_INFO"], asked["REQUEST_METHOD"]))) is not None:
            return cast("MapAdapter", _Known(rule, partial(self._finder, request)))
        return self._finder(request)

    def _finder(self, request: Request) -> MapAdapter:
        asked = request.environ
        path = asked["PATH_INFO"].encode("latin-1").decode(errors="replace")  # as WSGI hands it over (PEP 3333)
        return _Finder(
            self._plain,
            map=self.url_map,
            server_name=request.host.lower(),
            script_name=f"{request.root_path}/",
            subdomain="",
            url_scheme=asked["wsgi.url_scheme"],
            path_info=path,
            default_method=asked["REQUEST_METHOD"],
            query_args=asked.get("QUERY_STRING", ""),
        )


class AnyId(BaseConverter):
    """Any text, slashes too: percent-encoded ones are decoded before routing."""

    regex = ".+?"
    part_isolating = False


class _Known:
    """The rule of a path that was asked before; whatever else is asked is Werkzeug's to answer."""

    __slots__ = ("_finder", "_rule")

    def __init__(self, rule: Rule, finder: Callable[[], MapAdapter]) -> None:
        self._rule = rule
        self._finder = finder

    def match(self, *given: Any, **options: Any) -> Any:  # noqa: ANN401  # overloads of Werkzeug's
        """The rule; such paths have no variables."""
        if given or options != {"return_rule": True}:  # not as Flask asks for the rule of a request
            return self._finder().match(*given, **options)
        return self._rule, {}

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever it has
        return getattr(self._finder(), name)


class _Finder(MapAdapter):
    """Werkzeug's search for a rule, which remembers those of paths that are always the same."""

    def __init__(self, plain: dict[tuple[str, str], Rule], **asked: Any) -> None:  # noqa: ANN401  # as Werkzeug takes it
        super().__init__(**asked)
        self._plain = plain

    def match(self, *given: Any, **options: Any) -> Any:  # noqa: ANN401  # overloads of Werkzeug's
        """The rule and the values of its variables."""
        if given or options != {"return_rule": True}:  # not as Flask asks for the rule of a request
            return super().match(*given, **options)
        rule, values = super().match(return_rule=True)
        if not rule.arguments and not rule.redirect_to and self.path_info.isascii():
            self._plain[self.path_info, self.default_method] = rule
        return rule, values

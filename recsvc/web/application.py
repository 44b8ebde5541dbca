"""Flask, told once what it would ask for every request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Request
from werkzeug.routing import BaseConverter, MapAdapter, Rule


class Application(Flask):
    """Flask for an application without coroutines, subdomains, websockets and sessions.

    What it would find out anew for every request is a quarter of what an answer costs that is at hand.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name, static_folder=None)
        self.url_map.merge_slashes = False
        self.url_map.converters["any_id"] = AnyId
        self._plain: dict[tuple[str, str], Rule] = {}

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function: none of ours is a coroutine."""
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """What finds the rule of a request, None without one: there is no name of this server to build from."""
        if request is None:
            return None
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


class _Finder(MapAdapter):
    """Werkzeug's search for a rule, which remembers those of paths that are always the same."""

    def __init__(self, plain: dict[tuple[str, str], Rule], **asked: Any) -> None:  # noqa: ANN401  # as Werkzeug takes it
        super().__init__(**asked)
        self._plain = plain

    def match(self, *given: Any, **options: Any) -> Any:  # noqa: ANN401  # overloads of Werkzeug's
        """The rule and the values of its variables."""
        if given or options != {"return_rule": True}:  # not as Flask asks for the rule of a request
            return super().match(*given, **options)
        asked = (self.path_info, self.default_method)
        if (rule := self._plain.get(asked)) is not None:
            return rule, {}
        rule, values = super().match(return_rule=True)
        if not rule.arguments and not rule.redirect_to:
            self._plain[asked] = rule
        return rule, values

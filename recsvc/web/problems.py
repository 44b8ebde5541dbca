"""Errors as RFC 9457 `application/problem+json`, every one of them, with the field at fault."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping

import msgspec
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

from recsvc.web.messages import PRICE_TEXT, FieldError, Problem

PROBLEM_JSON = "application/problem+json"

_log = logging.getLogger("recsvc.web")
_UNKNOWN_FIELD = re.compile(r"unknown field `(.*)`")
_MISSING_FIELD = re.compile(r"missing required field `(.*)`")
_WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_TYPE = re.compile(rf"`((?:{'|'.join(_WORDS)})(?: \| (?:{'|'.join(_WORDS)}))*)`")
"""As msgspec writes types: ``expected `str | null`, got `int` ``."""
_FORM = re.compile(r"`str` matching regex '(.*)'", re.DOTALL)
_FORMS = {PRICE_TEXT: "a decimal such as 12.50, at most 4 decimals"}
_PLACE = re.compile(r"^(.*) - at `\$\.?(.*)`$", re.DOTALL)


class InputError(Exception):
    """A request that cannot be understood: 400, naming the field at fault."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field
        self.message = message


class Refusal(Exception):  # noqa: N818  # no error of ours: an answer
    """A request that is understood and not answered: a status, why, and what the caller should know besides."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}


def input_error(error: msgspec.ValidationError) -> InputError:
    """Turn a validation error into the field's name and a sentence."""
    text = str(error)
    place = ""
    if found := _PLACE.match(text):
        text, place = found.groups()
    for pattern, message in ((_UNKNOWN_FIELD, "is not known here"), (_MISSING_FIELD, "is missing")):
        if named := pattern.search(text):
            return InputError(".".join(part for part in (place, named[1]) if part), message)
    return InputError(place, _in_plain_words(text[:1].lower() + text[1:]))


def _in_plain_words(text: str) -> str:
    """A message without the names that types have in our language; what a caller sent is not touched."""
    text = _FORM.sub(lambda found: _FORMS.get(found[1].replace("\\\\", "\\"), "text of another form"), text)
    return _TYPE.sub(lambda found: " or ".join(_WORDS.get(name, name) for name in found[1].split(" | ")), text)


def problem(status: int, detail: str, errors: list[FieldError] | None = None) -> Response:
    """One error as a response."""
    response = Response(_document(status, detail, errors), status, content_type=PROBLEM_JSON)
    response.headers["Cache-Control"] = "no-store"
    return response


def raw_problem(status: int, reason: str, detail: str) -> bytes:
    """A whole HTTP/1.1 answer, for requests that the server could not even parse; the connection ends with it."""
    body = _document(status, detail, None)
    head = f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\nContent-Type: {PROBLEM_JSON}\r\n"
    return f"{head}Cache-Control: no-store\r\nContent-Length: {len(body)}\r\n\r\n".encode("latin-1") + body


def _document(status: int, detail: str, errors: list[FieldError] | None) -> bytes:
    title = HTTP_STATUS_CODES.get(status, "Error")
    return msgspec.json.encode(Problem("about:blank", title, status, detail, errors or msgspec.UNSET))


def register(app: Flask) -> None:
    """Make every error of `app`, Flask's own included, a problem document."""

    @app.errorhandler(InputError)
    def _input(error: InputError) -> Response:
        return problem(400, str(error), [FieldError(error.field, error.message)])

    @app.errorhandler(Refusal)
    def _refused(refusal: Refusal) -> Response:
        response = problem(refusal.status, refusal.detail)
        response.headers.update(refusal.headers)
        return response

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        status = error.code or 500
        if status < 400:  # a redirect of Werkzeug's routing
            return Response(status=status, headers=dict(error.get_headers()))
        response = problem(status, _DETAILS.get(status) or error.description or "")
        if allow := dict(error.get_headers(request.environ)).get("Allow"):
            response.headers["Allow"] = allow
        return response

    @app.errorhandler(Exception)
    def _unexpected(error: Exception) -> Response:
        rule = request.url_rule.rule if request.url_rule else "a path that does not exist"  # a path may name a customer
        _log.exception("%s %s failed", request.method, rule, exc_info=error)
        return problem(500, "The service failed on this request; its log says how.")


_DETAILS = {
    404: "There is nothing at this path; /openapi.json lists what there is.",
    405: "This path does not answer that method; see the Allow header.",
    413: "The body is larger than RECSVC_MAX_BODY_BYTES, events than 2 MiB; send less at once.",
}

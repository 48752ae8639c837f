"""The one handler of everything that goes wrong in a request: RFC 9457 problem documents in the caller's language."""

from __future__ import annotations

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from gshop_studio.contract.problems import PROBLEM_MEDIA_TYPE, Problem
from gshop_studio.server.dependencies import language_of, services_of
from gshop_studio.server.field_errors import field_refusals
from gshop_studio.server.refusals import Refused
from gshop_studio.server.words import detail_of, field_problem

log = logging.getLogger(__name__)

_BY_STATUS = {
    400: "request.bad_body",
    401: "auth.required",
    403: "auth.forbidden",
    404: "request.not_found",
    405: "request.method_not_allowed",
    413: "request.too_large",
}


def install(app: FastAPI) -> None:
    """Handle problems of this application's requests."""
    app.add_exception_handler(Refused, _on_refused)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(Exception, _on_fault)


def problem_response(refusal: Refused, language: str) -> Response:
    """The refusal as a problem document."""
    problem = Problem(
        title=HTTPStatus(refusal.status).phrase,
        status=refusal.status,
        code=refusal.code,
        detail=detail_of(refusal, language),
        errors=[field_problem(error, language) for error in refusal.errors],
    )
    headers = {"Content-Language": language}
    if refusal.retry_after_s is not None:
        headers["Retry-After"] = str(refusal.retry_after_s)
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    content = problem.model_dump_json(by_alias=True, exclude_none=True)
    return Response(content, refusal.status, headers, PROBLEM_MEDIA_TYPE)


async def _on_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return _told(request, error)


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _told(request, Refused("request.invalid", errors=field_refusals(error.errors())))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    response = _told(request, Refused(_BY_STATUS.get(error.status_code, "request.failed")))
    response.headers.update({k: v for k, v in (error.headers or {}).items() if k.lower() == "allow"})
    return response


async def _on_fault(request: Request, error: Exception) -> Response:
    """A fault of ours: the framework logs it with its traceback; the caller gets none of it."""
    return _told(request, Refused("server.internal"))


def _told(request: Request, refusal: Refused) -> Response:
    services_of(request).operation.metrics.refused(refusal.code)
    return problem_response(refusal, language_of(request))

"""Errors outside REST framework: no such address, no such host, a bug."""

import sys
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from api import errors


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django refused."""
    return answer(request, errors.describe(exception) or errors.of_code("bad_request"))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answer a request for what is not for this caller."""
    return answer(request, errors.of_code("forbidden"))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answer a request for what is not there."""
    return answer(request, errors.of_code("not_found"))


def too_many_requests(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that is one too many."""
    return answer(request, errors.describe(exception) or errors.of_code("too_many_requests"))


def internal_error(request: HttpRequest, *_: Any) -> HttpResponse:
    """Answer what nobody foresaw, or a database out of reach, without a word from inside."""
    error = sys.exc_info()[1]
    known = errors.describe(error) if error else None
    return answer(request, known or errors.of_code("internal_error"))


def answer(request: HttpRequest, what: errors.Answer) -> HttpResponse:
    """Answer a program with a problem, and a person with a page."""
    if not errors.wants_html(request):
        return errors.response(what)
    page = render_to_string("api/error.html", what.body())
    return HttpResponse(page, status=what.status, headers=dict(what.headers))

"""The gateway on a port, in this process and on the tests' database, for who speaks HTTP to it."""

import threading
from collections.abc import Iterable
from contextlib import closing
from functools import cache
from typing import Any, cast
from wsgiref.simple_server import WSGIRequestHandler, make_server

from django.db import connections
from django.http.response import HttpResponseBase

from config.wsgi import application


class Quiet(WSGIRequestHandler):
    """The gateway writes its own log."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (its name)
        pass


def _serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer one request, and leave no connection to the database behind."""
    try:
        answer = cast("HttpResponseBase", application(environ, start_response))
        with closing(answer) as response:
            return [b"".join(response)]
    finally:
        connections.close_all()


@cache
def address() -> str:
    """Return the gateway's address; it is started once, and ends with the tests."""
    server = make_server("127.0.0.1", 0, _serve, handler_class=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"

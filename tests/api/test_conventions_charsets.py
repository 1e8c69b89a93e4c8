"""Whatever charset a request names, it is answered: Python has codecs for more than text."""

import io
import time
from contextlib import closing
from typing import Any, cast
from wsgiref.util import setup_testing_defaults

import pytest
from django.db import connections
from django.http.response import HttpResponseBase

from config.wsgi import application
from tests.redirects import look, page_of, waiting

pytestmark = pytest.mark.django_db(transaction=True)

CHARSETS = [
    *("base64", "hex", "rot13", "zlib", "bz2", "quopri", "uu", "idna", "punycode", "undefined"),
    *("unicode_escape", "raw_unicode_escape", "utf-16", "utf-7", "nope", "", "\xff", "a\\b", "."),
]
PATHS = ["/livez", "/", "/api/v1/books", "/admin/login/", "/static/a", "/nowhere"]
QUERIES = ["a", "x=1", "q=%C3%A9%ff", "q=xn--%80"]
# A parameter with a charset of its own, and some that are none.
ODD = [
    *('charset="base64"', "CHARSET = base64", "charset=utf-8; charset=base64"),
    *("charset*=utf-8''base64", "x*=base64''%41", "x*=nope''a", "x*=idna''%80", "x*0=a; x*=b"),
    *("x*", "*", "x*0*=undefined''%41", "charset", ";;=;charset=;", 'x=";charset=base64"'),
]
FORM = b"outcome=paid"
PARTS = b'--x\r\nContent-Disposition: form-data; name="outcome"\r\n\r\npaid\r\n--x--\r\n'


def send(
    method: str,
    path: str,
    content_type: str,
    body: bytes = b"",
    *,
    query: str = "",
    cookie: str = "",
) -> int:
    """Send a request through the door that the server knocks at, and return the status."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "HTTP_HOST": "localhost",
        "HTTP_COOKIE": cookie,
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    setup_testing_defaults(environ)
    statuses: list[int] = []
    answer = application(environ, lambda status, _: statuses.append(int(status[:3])))
    with closing(cast("HttpResponseBase", answer)) as found:
        b"".join(found)
    connections.close_all()
    return statuses[0]


@pytest.mark.parametrize("charset", CHARSETS)
def test_no_charset_is_a_bug(charset: str) -> None:
    for path in PATHS:
        for query in QUERIES:
            for kind in ("text/plain", "application/json", "application/x-www-form-urlencoded"):
                status = send("GET", path, f"{kind}; charset={charset}", query=query)
                assert status < 500, (path, query, kind)


@pytest.mark.parametrize("odd", ODD)
def test_no_parameter_is_a_bug(odd: str) -> None:
    page = page_of(waiting())
    for kind in ("text/plain", "multipart/form-data; boundary=x", "multipart/form-data"):
        assert send("GET", "/api/v1/books", f"{kind}; {odd}", query="x=1") < 500
        assert send("POST", page, f"{kind}; {odd}", b"--x--\r\n", query="x") < 500


@pytest.mark.parametrize("charset", CHARSETS)
def test_a_form_is_utf_8_or_refused(charset: str) -> None:
    page = page_of(waiting())
    kind = "application/x-www-form-urlencoded"
    assert send("POST", page, f"{kind}; charset={charset}", FORM) == 400
    assert send("POST", "/admin/login/", f"{kind}; charset={charset}", FORM) in {400, 403}
    assert look(page).startswith("The sandbox moves no money")
    assert send("POST", page, f"{kind}; charset=UTF-8", FORM) == 200


@pytest.mark.parametrize("charset", CHARSETS)
def test_a_form_of_several_parts_is_read_whatever_charset_it_names(charset: str) -> None:
    page = page_of(waiting())
    kind = f"multipart/form-data; boundary=x; charset={charset}"
    assert send("POST", page, kind, PARTS) == 200
    assert look(page).startswith("Paid.")


@pytest.mark.parametrize("given", ["x", '"x"', "x; charset=utf-8", '"x" ;charset="utf-8"'])
def test_the_boundary_stays(given: str) -> None:
    assert send("POST", page_of(waiting()), f"multipart/form-data; boundary={given}", PARTS) == 200


def test_json_is_utf_8_whatever_charset_it_names() -> None:
    for charset in CHARSETS:
        kind = f"application/json; charset={charset}"
        assert send("POST", "/api/v1/auth/login", kind, b"{}") == 422, charset


@pytest.mark.parametrize(
    ("content_type", "cookie"),
    [('text/plain; x="' + ";" * 100_000, ""), ("", 'a="' + "\\" * 100_000 + '"')],
)
def test_no_header_keeps_a_processor_busy(content_type: str, cookie: str) -> None:
    started = time.process_time()
    assert send("GET", "/admin/login/", content_type, cookie=cookie) == 200
    assert send("POST", "/api/v1/auth/login", content_type, b"{}", cookie=cookie) == 415
    # To read one of them takes half a minute, where it is read as it is.
    assert time.process_time() - started < 5

"""What a body and the parameters may be, seen through a view of the tests' own."""

import json
from datetime import date
from typing import Any, ClassVar
from urllib.parse import quote

import pytest
from django.test import RequestFactory
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from api.pagination import PageQuery
from api.serializers import fields
from api.serializers.base import Form, Query
from api.views.base import OpenView


class Inner(Form):
    method = fields.ChoiceField(choices=["card"])


class Everything(Form):
    text = fields.TextField(max_length=5, required=False)
    lines = fields.TextField(multiline=True, allow_blank=True, required=False)
    email = fields.EmailField(required=False)
    number = fields.IntegerField(min_value=1, max_value=10, required=False)
    id = fields.IdField(required=False)
    user_id = fields.CustomerIdField(required=False)
    flag = fields.BooleanField(required=False)
    date = fields.DateField(required=False)
    price = fields.MoneyField(required=False)
    amount = fields.MoneyField(positive=True, required=False)
    inner = Inner(required=False)
    tags = serializers.ListField(child=fields.TextField(max_length=3), required=False)


class Parameters(PageQuery):
    user_id = fields.IdField(required=False)
    unread = fields.BooleanField(required=False)
    search_term = fields.TextField(allow_blank=True, required=False)


class Echo(OpenView):
    query: ClassVar[type[Query]] = Parameters

    def get(self, request: Request) -> Response:
        return Response(self.parameters)

    def post(self, request: Request) -> Response:
        return Response(Everything.parse(request))


def post(body: Any, **kwargs: Any) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    kwargs.setdefault("content_type", "application/json")
    request = RequestFactory().generic("POST", "/echo", raw, **kwargs)
    return Echo.as_view()(request).render()


def errors(response: Any) -> dict[str, str]:
    assert response.status_code == 422, response.data
    assert response["Content-Type"] == "application/problem+json"
    assert response.data["code"] == "invalid_input"
    return {error["field"]: error["code"] for error in response.data["errors"]}


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"{", "not JSON"),
        (b"{} {}", "not JSON"),
        (b'{"text": NaN}', "NaN"),
        (b'{"number": -Infinity}', "Infinity"),
        (b'{"number": 00}', "not JSON"),
        (b'{"text": "a", "text": "b"}', "twice"),
        (b'{"inner": {"a": 1, "a": 1}}', "twice"),
        (b'{"text": "\xff"}', "UTF-8"),
        (b"\xef\xbb\xbf{}", "BOM"),
        ('{"text": "a"}'.encode("utf-16"), "UTF-8"),
        (b'{"text": "\\ud800"}', "surrogate"),
        (b'{"\\udfff": 1}', "surrogate"),
        (b'{"tags": ["\\ud83d"]}', "surrogate"),
        (b"[" * 40 + b"]" * 40, "deeply"),
        (b'{"a":' * 200_000, "deeply"),
        (b'{"number": ' + b"9" * 5000 + b"}", "too long"),
    ],
)
def test_what_is_not_json_is_400(body: bytes, detail: str) -> None:
    response = post(body)
    assert response.status_code == 400
    assert response.data["code"] == "malformed_json"
    assert detail in response.data["detail"]


@pytest.mark.parametrize("number", [b"1e400", b"-1e400", b"-0.0", b"1E-400"])
def test_a_number_that_no_column_holds_is_422(number: bytes) -> None:
    assert errors(post(b'{"number": ' + number + b"}")) == {"number": "invalid"}
    assert errors(post(b'{"price": ' + number + b"}")) == {"price": "invalid"}


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert post(b'{"text": "\\ud83d\\ude00"}').data == {"text": "😀"}


@pytest.mark.parametrize("body", [b"[]", b"3", b'"a"', b"true", b"null"])
def test_a_body_is_an_object(body: bytes) -> None:
    assert list(errors(post(body))) == ["body"]


def test_no_body_is_an_empty_object() -> None:
    assert post(b"").data == {}
    assert post(b"", content_type="").data == {}


def test_a_body_of_one_mebibyte_is_read_and_more_is_413() -> None:
    full = b"{}" + b" " * (1024 * 1024 - 2)
    assert post(full).status_code == 200
    response = post(full + b" ")
    assert response.status_code == 413
    assert response.data["code"] == "too_large"


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/merge-patch+json"]
)
def test_other_media_types_are_415(kind: str) -> None:
    response = post(b"{}", content_type=kind)
    assert response.status_code == 415
    assert response.data["code"] == "unsupported_media_type"


def test_a_media_type_may_name_its_charset() -> None:
    assert post(b"{}", content_type="application/json; charset=utf-8").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"text": 5},
        {"text": None},
        {"text": True},
        {"text": ["a"]},
        {"text": {}},
        {"text": ""},
        {"text": "  "},
        {"text": "abcdef"},
        {"text": "a\nb"},
        {"text": "a\x00b"},
        {"text": "a\x7f"},
        {"text": "a\u2028"},
        {"lines": "a\x00"},
        {"email": "nobody"},
        {"email": "a@example.org\n"},
        {"email": "a@exam\u200bple.org"},
        {"email": "a@\u202eexample.org"},
        {"email": "a@exam\u00adple.org"},
        {"number": "3"},
        {"number": "٣"},
        {"number": 3.0},
        {"number": 3.5},
        {"number": True},
        {"number": 0},
        {"number": 11},
        {"number": 10**400},
        {"number": -0.0},
        {"number": 1e300},
        {"number": []},
        {"id": "1"},
        {"id": 0},
        {"id": 2**63},
        {"flag": "yes"},
        {"flag": 1},
        {"flag": "true"},
        {"date": "2024-02-30"},
        {"date": "0000-01-01"},
        {"date": "-001-01-01"},
        {"date": "10000-01-01"},
        {"date": "9999-12-31T23:59:59Z"},
        {"date": "20240229"},
        {"date": "2024-W01-1"},
        {"date": "2024-02-29T00:00:00"},
        {"date": "٢٠٢٤-٠١-٠١"},
        {"date": 20240229},
        {"price": 1.0},
        {"price": "1.5"},
        {"price": "1.0"},
        {"price": "1e3"},
        {"price": "+5"},
        {"price": "-5"},
        {"price": -5},
        {"price": "٣"},
        {"price": " 5"},
        {"price": "5\n"},
        {"price": ""},
        {"price": "NaN"},
        {"price": True},
        {"price": None},
        {"price": 10**12 + 1},
        {"price": 10**4000},
        {"price": "9" * 30},
        {"amount": 0},
        {"amount": "0"},
        {"unknown": 1},
        {"inner": 5},
        {"inner": []},
    ],
)
def test_types_are_strict(body: dict[str, Any]) -> None:
    assert list(errors(post(body))) == list(body)


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ({"text": "To\u0302i"}, {"text": "Tôi"}),
        ({"text": " a "}, {"text": " a "}),
        ({"lines": "a\r\nb\tc"}, {"lines": "a\nb\tc"}),
        ({"lines": ""}, {"lines": ""}),
        ({"text": "\u200fa\u200d"}, {"text": "\u200fa\u200d"}),
        ({"date": "9999-12-31"}, {"date": date(9999, 12, 31)}),
        ({"number": 5}, {"number": 5}),
        ({"number": 10}, {"number": 10}),
        ({"id": 2**63 - 1}, {"id": 2**63 - 1}),
        ({"flag": False}, {"flag": False}),
    ],
)
def test_valid_input_is_kept(body: dict[str, Any], kept: dict[str, Any]) -> None:
    assert post(body).data == kept


@pytest.mark.parametrize("marks", ["\u0300\u0316", "\u0f73", "\u0344"])
def test_a_letter_has_so_many_marks_and_no_more(marks: str) -> None:
    # To put half a million in order would keep the whole gateway busy for an hour.
    many = "a" + marks * 10_000
    assert errors(post({"lines": many})) == {"lines": "invalid"}
    assert errors(get(f"search_term={quote(many)}")) == {"search_term": "invalid"}
    few = "\u0300\u0316" * 15
    assert post({"lines": f"a{few}b{few}"}).status_code == 200


def test_the_length_of_a_text_is_that_of_its_nfc() -> None:
    # Of four characters each, of which NFC makes one.
    apart = "\u03b1\u0313\u0300\u0345"
    assert post({"text": apart * 5}).data == {"text": "\u1f82" * 5}
    assert errors(post({"text": apart * 6})) == {"text": "max_length"}
    # What is too long in any case is told at once, whatever else is wrong with it.
    assert errors(post({"text": "\0" * 21})) == {"text": "max_length"}
    assert errors(post({"text": "\0" * 20})) == {"text": "invalid"}


def test_money_is_a_decimal_string_or_an_integer_in_the_shops_currency(settings: Any) -> None:
    assert str(post({"price": "125000"}).data["price"]) == "125000"
    assert str(post({"price": 125000}).data["price"]) == "125000"
    settings.SHOP_CURRENCY = "EUR"
    assert str(post({"price": "12.5"}).data["price"]) == "12.5"
    assert errors(post({"price": "12.505"})) == {"price": "max_decimal_places"}


def test_everything_that_is_wrong_is_named_at_once_and_where_it_is() -> None:
    body = {"x": 1, "number": "3", "inner": {"y": 1, "method": 5}, "tags": ["a", 5, "long"]}
    assert errors(post(body)) == {
        "x": "unknown_field",
        "number": "invalid",
        "inner.y": "unknown_field",
        "inner.method": "invalid_choice",
        "tags.1": "invalid",
        "tags.2": "max_length",
    }


def test_a_customer_that_nobody_can_be_is_404() -> None:
    assert post({"user_id": 0}).status_code == 404
    assert errors(post({"user_id": "1"})) == {"user_id": "invalid"}
    assert errors(post({"id": 0})) == {"id": "not_found"}


def get(parameters: str) -> Any:
    return Echo.as_view()(APIRequestFactory().get(f"/echo?{parameters}")).render()


def test_parameters_are_read_as_strictly() -> None:
    assert get("user_id=7&unread=true&search_term=").data == {
        "user_id": 7,
        "unread": True,
        "search_term": "",
        "page_size": 20,
    }


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("nope=1", {"nope": "unknown_field"}),
        ("format=json", {"format": "unknown_field"}),
        ("user_id=1&user_id=2", {"user_id": "repeated"}),
        ("user_id=", {"user_id": "invalid"}),
        ("user_id=+1", {"user_id": "invalid"}),
        ("user_id=%D9%A3", {"user_id": "invalid"}),
        ("unread=1", {"unread": "invalid"}),
        ("search_term=%00", {"search_term": "invalid"}),
        ("page_size=0", {"page_size": "min_value"}),
        ("page_size=101", {"page_size": "max_value"}),
        ("page_size=x", {"page_size": "invalid"}),
        ("page_size=" + "9" * 5000, {"page_size": "invalid"}),
        ("cursor=", {"cursor": "blank"}),
    ],
)
def test_wrong_parameters_are_422(parameters: str, expected: dict[str, str]) -> None:
    assert errors(get(parameters)) == expected


def test_a_post_takes_no_parameters() -> None:
    request = APIRequestFactory().post("/echo?a=1", {}, format="json")
    assert errors(Echo.as_view()(request).render()) == {"a": "unknown_field"}

"""Lists, a page at a time."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.db.models import F
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from api import pagination
from api.pagination import PageQuery, page
from api.views.base import OpenView
from shop.catalog.models import Author

pytestmark = pytest.mark.django_db


def render(found: Any) -> list[int]:
    return [author.pk for author in found]


class Authors(OpenView):
    query = PageQuery
    order: tuple[str, ...] = ("-id",)

    def get(self, request: Request) -> Response:
        rows = Author.objects.annotate(rank=F("id") % 3)
        return page(request, rows, order=self.order, render=render)


def add(number: int) -> list[int]:
    made = Author.objects.bulk_create(
        Author(author_name=f"A{n}", email="a@example.org", address="Huế") for n in range(number)
    )
    return [author.pk for author in made]


def get(url: str = "/list", order: tuple[str, ...] = ("-id",), **parameters: Any) -> Any:
    view = Authors.as_view(order=order)
    separator = "&" if "?" in url else "?"
    return view(APIRequestFactory().get(url + separator + urlencode(parameters))).render()


def relative(url: str) -> str:
    return f"{urlsplit(url).path}?{urlsplit(url).query}"


def walk(link: str = "next", first: str = "/list", **kwargs: Any) -> list[list[int]]:
    pages, response = [], get(first, **kwargs)
    order = kwargs.get("order", ("-id",))
    while True:
        pages.append(response.data["results"])
        if response.data[link] is None:
            return pages
        response = get(relative(response.data[link]), order=order)


def test_the_empty_list_is_one_page() -> None:
    assert get().data == {"next": None, "previous": None, "results": []}


def test_a_page_holds_20_and_as_many_as_wanted_up_to_100() -> None:
    ids = add(101)
    assert get().data["results"] == ids[:-21:-1]
    assert len(get(page_size=100).data["results"]) == 100
    assert len(get(page_size=1).data["results"]) == 1


def test_a_last_page_that_is_full_has_no_next() -> None:
    add(4)
    pages = walk(page_size=2)
    assert [len(found) for found in pages] == [2, 2]


@pytest.mark.parametrize(
    "order", [("-id",), ("id",), ("-rank", "-id"), ("rank", "id"), ("-author_name", "-rank", "-id")]
)
def test_following_next_gives_each_thing_once_in_order(order: tuple[str, ...]) -> None:
    add(23)
    expected = list(
        Author.objects.annotate(rank=F("id") % 3).order_by(*order).values_list("pk", flat=True)
    )
    assert list(chain(*walk(order=order, page_size=5))) == expected


def test_following_previous_leads_back_over_the_same_pages() -> None:
    add(23)
    forward = walk(page_size=5, order=("-rank", "-id"))
    response = get(page_size=5, order=("-rank", "-id"))
    while response.data["next"]:
        response = get(relative(response.data["next"]), order=("-rank", "-id"))
    last = relative(response.data["previous"])
    back = walk("previous", last, order=("-rank", "-id"))
    assert back == forward[-2::-1]
    assert get(last, order=("-rank", "-id")).data["next"] is not None


def test_what_is_added_meanwhile_does_not_move_a_page() -> None:
    ids = add(10)
    response, found = get(page_size=3), []
    while True:
        found += response.data["results"]
        add(2)
        if response.data["next"] is None:
            break
        response = get(relative(response.data["next"]))
    assert found == ids[::-1]


def test_what_is_removed_meanwhile_does_not_hide_another() -> None:
    ids = add(6)
    response = get(page_size=2)
    Author.objects.filter(pk__in=response.data["results"]).delete()
    assert get(relative(response.data["next"])).data["results"] == [ids[3], ids[2]]


def test_many_rows_of_one_moment_end() -> None:
    add(30)
    Author.objects.update(author_name="the same")
    pages = walk(order=("-author_name", "-id"), page_size=4)
    assert len(set(chain(*pages))) == 30


def test_links_are_absolute_and_keep_the_other_parameters() -> None:
    add(3)
    url = get(page_size=2).data["next"]
    assert url.startswith("http://testserver/list?")
    assert "page_size=2" in url


def test_a_page_costs_one_query(django_assert_num_queries: Any) -> None:
    add(5)
    url = relative(get(page_size=2).data["next"])
    with django_assert_num_queries(1):
        get(url)


@pytest.mark.parametrize("cursor", ["x", "x:y", "é", "a" * 1999, ":", "W10:x"])
def test_a_cursor_that_nobody_made_is_422(cursor: str) -> None:
    response = get(cursor=cursor)
    assert (response.status_code, response.data["code"]) == (422, "invalid_cursor")


def test_a_cursor_of_another_list_or_order_is_422() -> None:
    add(3)
    query = urlsplit(get(page_size=2).data["next"]).query
    assert get(f"/other?{query}").data["code"] == "invalid_cursor"
    assert get(f"/list?{query}", order=("id",)).data["code"] == "invalid_cursor"


def test_a_changed_cursor_is_422() -> None:
    add(3)
    url = relative(get(page_size=2).data["next"])
    at = url.index("cursor=") + 8
    changed = url[:at] + ("A" if url[at] != "A" else "B") + url[at + 1 :]
    assert get(changed).data["code"] == "invalid_cursor"


def test_an_order_in_both_directions_is_a_bug() -> None:
    with pytest.raises(ValueError, match="neither"):
        get(order=("-rank", "id"))


@pytest.mark.parametrize("value", [datetime(2024, 2, 29, tzinfo=UTC), Decimal("1.50"), "ô", 7])
def test_places_survive_a_cursor(value: Any) -> None:
    request = Request(APIRequestFactory().get("/list"))
    place = pagination._Place(True, (value, 1))
    cursor = pagination._written(place, request=request, order=("-a", "-id"))
    assert pagination._read(cursor, request=request, order=("-a", "-id")) == place

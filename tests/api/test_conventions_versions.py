"""Versions of a thing: `ETag` and `If-Match`, on a cart and on the warehouse."""

from collections.abc import Callable
from typing import Any

import pytest

from shop.catalog.models import Product
from shop.inventory import services as inventory
from tasks.engine.models import Job
from tests.api.callers import Caller, codes, new_customer
from tests.shopping import (
    UNKNOWN_ID,
    at_once,
    cart_of,
    check_out,
    fill,
    finished,
    job_of,
    new_buyer,
    refused,
)
from tests.workflows.cases import new_book, run

pytestmark = pytest.mark.django_db

OLD = '"0123456789abcdef"'
MALFORMED = [
    "",
    ",",
    "abc",
    '"abc',
    'abc"',
    '"a" "b"',
    '*, "a"',
    '"a", *',
    'w/"a"',
    'W/ "a"',
    '"a b"',
    "**",
]
Change = Callable[[Caller, int, str], Any]

# By name: changes one line of a cart that holds two copies, under this `If-Match`.
CHANGES: dict[str, Change] = {
    "add": lambda buyer, book_id, tag: buyer.post(
        f"carts/{buyer.user_id}/items", {"product_id": book_id, "quantity": 1}, If_Match=tag
    ),
    "remove": lambda buyer, book_id, tag: buyer.post(
        f"carts/{buyer.user_id}/removals", {"product_id": book_id, "quantity": 1}, If_Match=tag
    ),
    "set": lambda buyer, book_id, tag: buyer.put(
        f"carts/{buyer.user_id}/items/{book_id}", {"quantity": 9}, If_Match=tag
    ),
    "empty": lambda buyer, book_id, tag: buyer.delete(f"carts/{buyer.user_id}/items", If_Match=tag),
}
changes = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)


def cart_tag(buyer: Caller) -> str:
    return str(buyer.get(f"carts/{buyer.user_id}")["ETag"])


def house_tag(staff: Caller) -> str:
    return str(staff.get("inventory")["ETag"])


def buy(buyer: Caller, tag: str, **headers: str) -> Any:
    return buyer.post("checkouts", {"user_id": buyer.user_id}, If_Match=tag, **headers)


def set_up(staff: Caller, tag: str, address: str = "Huế", **headers: str) -> Any:
    return staff.patch("inventory", {"address": address}, If_Match=tag, **headers)


@changes
def test_every_answer_that_shows_a_cart_has_its_tag_and_a_change_moves_it(change: Change) -> None:
    book_id = new_book()
    buyer = new_buyer({book_id: 2})
    before = cart_tag(buyer)
    assert before.startswith('"')
    assert before.endswith('"')
    response = change(buyer, book_id, before)
    assert response.status_code == 200
    assert response["ETag"] == cart_tag(buyer) != before


@changes
def test_a_cart_that_was_changed_since_is_412_and_stays(change: Change) -> None:
    book_id = new_book()
    buyer = new_buyer({book_id: 1})
    seen = cart_tag(buyer)
    fill(buyer, {book_id: 1})
    assert refused(change(buyer, book_id, seen), 412, "precondition_failed")
    assert cart_of(buyer) == {book_id: 2}


def test_prices_and_stock_do_not_move_a_carts_tag() -> None:
    book_id = new_book(copies=5)
    buyer = new_buyer({book_id: 2})
    seen = cart_tag(buyer)
    Product.objects.filter(pk=book_id).update(price=1, title="Other")
    inventory.withdraw(product_id=book_id, quantity=5)
    assert cart_tag(buyer) == seen
    assert CHANGES["set"](buyer, book_id, seen).status_code == 200


def test_the_order_of_the_lines_is_part_of_a_cart() -> None:
    one, other = new_book(), new_book()
    assert cart_tag(new_buyer({one: 1, other: 1})) != cart_tag(new_buyer({other: 1, one: 1}))


def test_there_is_no_304(staff: Caller) -> None:
    buyer = new_buyer()
    for caller, path in ((buyer, f"carts/{buyer.user_id}"), (staff, "inventory")):
        tag = caller.get(path)["ETag"]
        assert caller.get(path, If_None_Match=tag).status_code == 200
        assert caller.get(path, If_Match=OLD).status_code == 200


@pytest.mark.parametrize("tags", ["{}", ' {} ,"x"', '"x",W/"y",{}', ",,{},", "*", " * "])
def test_one_of_several_tags_or_a_star_will_do(tags: str) -> None:
    book_id = new_book()
    buyer = new_buyer({book_id: 2})
    response = CHANGES["add"](buyer, book_id, tags.format(cart_tag(buyer)))
    assert response.status_code == 200


@pytest.mark.parametrize("tags", [OLD, '"a", "b"', "W/{}", '""'])
def test_other_tags_and_weak_ones_match_nothing(tags: str) -> None:
    book_id = new_book()
    buyer = new_buyer({book_id: 2})
    response = CHANGES["add"](buyer, book_id, tags.format(cart_tag(buyer)))
    assert refused(response, 412, "precondition_failed")


@pytest.mark.parametrize("header", MALFORMED)
def test_what_is_no_list_of_tags_is_400(staff: Caller, header: str) -> None:
    book_id = new_book()
    buyer = new_buyer({book_id: 2})
    for change in CHANGES.values():
        assert refused(change(buyer, book_id, header), 400, "bad_request")
    assert refused(buy(buyer, header), 400, "bad_request")
    assert refused(set_up(staff, header), 400, "bad_request")
    assert cart_of(buyer) == {book_id: 2}
    assert not Job.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["add", "remove", "set"])
def test_of_changes_at_one_moment_with_one_tag_one_is_made(name: str) -> None:
    book_id = new_book()
    buyer = new_buyer({book_id: 20})
    seen = cart_tag(buyer)
    answers = at_once(lambda _: CHANGES[name](buyer, book_id, seen), range(6))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 5
    assert cart_of(buyer)[book_id] in (19, 21, 9)


def test_what_is_wrong_anyway_is_said_first(staff: Caller, customer: Caller) -> None:
    book_id = new_book()
    buyer = new_buyer({book_id: 2})
    path = f"carts/{buyer.user_id}/items"
    assert codes(buyer.post(path, {"product_id": "1", "quantity": 1}, If_Match=OLD))
    body = {"product_id": book_id, "quantity": 1}
    assert refused(new_customer().post(path, body, If_Match=OLD), 404, "not_found")
    unknown = staff.post(f"carts/{UNKNOWN_ID}/items", body, If_Match=OLD)
    assert refused(unknown, 404, "not_found")
    assert refused(set_up(customer, OLD), 403, "forbidden")
    assert codes(staff.patch("inventory", {"status": "x"}, If_Match=OLD))


def test_a_cart_is_bought_as_it_was_seen_or_not_at_all() -> None:
    book_id = new_book(copies=9)
    buyer = new_buyer({book_id: 1})
    seen = cart_tag(buyer)
    fill(buyer, {book_id: 1})
    assert refused(buy(buyer, seen, Idempotency_Key="a"), 412, "precondition_failed")
    assert cart_of(buyer) == {book_id: 2}
    assert not Job.objects.exists()
    # The refusal left the key free; its repeat is not asked for the cart that it took.
    first = buy(buyer, cart_tag(buyer), Idempotency_Key="a")
    assert finished(buyer, first)["state"] == "succeeded"
    again = buy(buyer, seen, Idempotency_Key="a")
    assert (again["Idempotent-Replayed"], again.json()["id"]) == ("true", first.json()["id"])


def test_a_cart_that_was_bought_is_no_longer_the_one_that_was_seen() -> None:
    buyer = new_buyer({new_book(copies=9): 1})
    seen = cart_tag(buyer)
    assert job_of(check_out(buyer))
    assert refused(buy(buyer, seen), 412, "precondition_failed")


@pytest.mark.parametrize(
    "settings", [{"address": "Huế"}, {"status": "inactive"}, {"clothes_quantity": 7}]
)
def test_each_setting_moves_the_warehouses_tag(staff: Caller, settings: dict[str, Any]) -> None:
    seen = house_tag(staff)
    accepted = staff.patch("inventory", settings, If_Match=seen)
    assert finished(staff, accepted)["state"] == "succeeded"
    assert house_tag(staff) != seen
    assert refused(set_up(staff, seen), 412, "precondition_failed")


def test_what_is_in_the_warehouse_does_not_move_its_tag(staff: Caller) -> None:
    book_id = new_book(copies=5)
    seen = house_tag(staff)
    inventory.receive(product_id=book_id, quantity=2)
    assert staff.get("inventory").json()["on_hand"]["book"] == 7
    assert house_tag(staff) == seen
    assert finished(staff, set_up(staff, seen))["state"] == "succeeded"


def test_the_job_looks_again(staff: Caller) -> None:
    seen = house_tag(staff)
    first, second = (set_up(staff, seen, address) for address in ("Huế", "Vinh"))
    assert finished(staff, first)["state"] == "succeeded"
    job = finished(staff, second)
    assert (job["state"], job["result"]) == ("failed", None)
    assert (job["error"]["code"], job["error"]["status"]) == ("precondition_failed", 412)
    assert staff.get("inventory").json()["address"] == "Huế"


def test_the_job_takes_any_of_the_tags(staff: Caller) -> None:
    one = house_tag(staff)
    finished(staff, staff.patch("inventory", {"address": "Huế"}))
    both = f"{one}, {house_tag(staff)}"
    accepted = set_up(staff, both, "Vinh")
    inventory.set_up(address="")
    assert house_tag(staff) == one
    assert finished(staff, accepted)["state"] == "succeeded"


@pytest.mark.django_db(transaction=True)
def test_of_jobs_at_one_moment_with_one_tag_one_succeeds(staff: Caller) -> None:
    seen = house_tag(staff)
    begun = [job_of(set_up(staff, seen, f"{number} Trần Phú")) for number in range(6)]
    jobs = at_once(run, begun)
    assert sorted(job.state for job in jobs) == ["failed"] * 5 + ["succeeded"]
    assert {job.error["code"] for job in jobs if job.error} == {"precondition_failed"}


def test_a_repeat_is_the_same_job_whatever_has_changed(staff: Caller) -> None:
    seen = house_tag(staff)
    first = set_up(staff, seen, Idempotency_Key="a")
    finished(staff, first)
    again = set_up(staff, seen, Idempotency_Key="a")
    assert (again["Idempotent-Replayed"], again.json()["state"]) == ("true", "succeeded")

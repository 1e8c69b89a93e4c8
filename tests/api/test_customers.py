"""`GET` and `PATCH /customers/{user_id}`."""

from typing import Any
from unittest.mock import ANY

import pytest

from tests.api.callers import Caller, codes, new_customer
from tests.shopping import bought, new_buyer, refused, same_answer

pytestmark = pytest.mark.django_db


def test_the_owner_and_staff_read_a_customer(customer: Caller, staff: Caller) -> None:
    path = f"customers/{customer.user_id}"
    own = customer.get(path)
    assert own.status_code == 200
    assert own.json() == staff.get(path).json()
    assert own.json()["user_id"] == customer.user_id
    assert own.json()["account_id"] == customer.account_id
    assert (own.json()["first_name"], own.json()["city"]) == ("An", "Hà Nội")


def test_another_customer_is_as_if_there_were_none(customer: Caller) -> None:
    other = new_customer()
    there = customer.get(f"customers/{other.user_id}")
    nowhere = customer.get(f"customers/{(other.user_id or 0) + 1000}")
    assert there.status_code == nowhere.status_code == 404
    assert there.json() == nowhere.json()


@pytest.mark.parametrize(
    "user_id", ["0", "999999", str(2**63 - 1), str(2**63), "9" * 40, "x", "-1"]
)
def test_an_unknown_customer_is_not_found(staff: Caller, user_id: str) -> None:
    response = staff.get(f"customers/{user_id}")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_nobody_is_asked_to_log_in(anyone: Caller, customer: Caller) -> None:
    assert anyone.get(f"customers/{customer.user_id}").status_code == 401


def path(caller: Caller) -> str:
    return f"customers/{caller.user_id}"


@pytest.mark.parametrize(
    "changes",
    [
        {"first_name": "Bình"},
        {"last_name": "Trần", "country": "Việt Nam"},
        {
            "first_name": "Bình",
            "last_name": "Trần",
            "address": "2 Lê Lợi",
            "city": "Huế",
            "country": "Việt Nam",
        },
        {},
    ],
)
def test_the_owner_and_staff_change_what_they_name_and_nothing_else(
    customer: Caller, staff: Caller, changes: dict[str, Any]
) -> None:
    for caller in (customer, staff):
        other = new_customer()
        subject = customer if caller is customer else other
        before = staff.get(path(subject)).json()
        answer = caller.patch(path(subject), changes)
        assert answer.status_code == 200
        assert answer.json() == before | changes
        assert staff.get(path(subject)).json() == before | changes


def test_an_order_keeps_where_it_was_shipped_to() -> None:
    buyer = new_buyer()
    before = bought(buyer)["ship_to"]
    buyer.patch(path(buyer), {"first_name": "Bình", "city": "Huế"})
    [order] = buyer.get("orders").json()["results"]
    assert order["ship_to"] == before
    after = bought(buyer)["ship_to"]
    assert after == before | {"first_name": "Bình", "city": "Huế"}


def test_anothers_name_is_not_changed(anyone: Caller, customer: Caller, staff: Caller) -> None:
    other = new_customer()
    before = staff.get(path(other)).json()
    there = customer.patch(path(other), {"city": "Huế"})
    assert refused(there, 404, "not_found")
    assert same_answer(there, customer.patch("customers/999999", {"city": "Huế"}))
    assert refused(staff.patch("customers/999999", {"city": "Huế"}), 404, "not_found")
    assert refused(anyone.patch(path(other), {"city": "Huế"}), 401, "not_authenticated")
    assert staff.get(path(other)).json() == before


@pytest.mark.parametrize("name", ["address", "city", "country", "first_name", "last_name"])
@pytest.mark.parametrize("value", [None, 5, True, [], {}, "", "  ", "a\x00b", "a\nb", "x" * 301])
def test_a_change_is_clean_text(customer: Caller, name: str, value: Any) -> None:
    before = customer.get(path(customer)).json()
    changes = {"address": "2 Lê Lợi", "first_name": "Bình"} | {name: value}
    assert codes(customer.patch(path(customer), changes)) == {name: ANY}
    assert customer.get(path(customer)).json() == before


@pytest.mark.parametrize("name", ["username", "email", "password", "user_id", "is_staff", "x"])
def test_nothing_else_of_a_customer_can_be_changed(customer: Caller, name: str) -> None:
    assert codes(customer.patch(path(customer), {name: "a"})) == {name: "unknown_field"}


def test_changes_are_kept_in_nfc(customer: Caller) -> None:
    answer = customer.patch(path(customer), {"last_name": "Nguye\u0302\u0303n"})
    assert answer.json()["last_name"] == "Nguyễn"

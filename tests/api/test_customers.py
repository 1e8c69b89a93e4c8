"""GET /customers/{user_id}."""

import pytest

from tests.api.callers import Caller, new_customer

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

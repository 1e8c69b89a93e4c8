"""GET /me."""

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.api.callers import Caller

pytestmark = pytest.mark.django_db


def test_a_customer_reads_who_they_are(customer: Caller) -> None:
    response = customer.get("me")
    assert response.status_code == 200
    assert response.json() == customer.get(f"customers/{customer.user_id}").json()
    assert "password" not in response.content.decode()


def test_staff_who_are_no_customer_have_no_user_id(staff: Caller) -> None:
    me = staff.get("me").json()
    assert me["account_id"] == staff.account_id
    assert {name for name, value in me.items() if value is None} == {
        *("user_id", "first_name", "last_name", "address", "city", "country"),
    }


def test_it_takes_one_query_to_know_the_caller_and_one_to_answer(
    customer: Caller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        customer.get("me")


def test_nobody_is_asked_to_log_in(anyone: Caller) -> None:
    response = anyone.get("me")
    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")
    assert response["WWW-Authenticate"] == "Bearer"


def test_it_is_only_read(customer: Caller) -> None:
    assert customer.post("me", {}).status_code == 405

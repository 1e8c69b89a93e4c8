"""GET and DELETE /auth/sessions, DELETE /auth/sessions/{id}."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from pytest_django import DjangoAssertNumQueries, Settings

from shop.customers.models import Account, Login
from tests.api.callers import Caller, account_of, log_in, new_customer
from tests.shopping import UNKNOWN_ID, refused, same_answer

pytestmark = pytest.mark.django_db

PASSWORD = "chín mươi chín đoá hồng"


@pytest.fixture
def lan(customer: Caller, settings: Settings) -> Account:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    account = account_of(customer)
    account.set_password(PASSWORD)
    account.save()
    return account


def sessions(caller: Caller) -> list[dict[str, Any]]:
    response = caller.get("auth/sessions")
    assert response.status_code == 200
    found: list[dict[str, Any]] = response.json()["results"]
    return found


def test_a_login_is_listed_with_where_and_when_it_was_used(lan: Account) -> None:
    body = {"username": lan.username, "password": PASSWORD}
    # As it comes through WSGI.
    name = "Reader/1.0 (\u202ephone)\t".encode().decode("latin-1")
    pair = Caller().post("auth/login", body, User_Agent=name).json()
    caller = Caller(headers={"Authorization": f"Bearer {pair['access']}"})
    newest, first = sessions(caller)
    assert set(newest) == {
        *("id", "created_at", "last_used_at", "expires_at", "address", "user_agent", "current"),
    }
    assert (newest["address"], newest["user_agent"]) == ("127.0.0.1", "Reader/1.0 (phone)")
    assert (newest["current"], first["current"]) == (True, False)
    assert newest["last_used_at"] == newest["created_at"] < newest["expires_at"]

    Caller().post("auth/refresh", {"refresh": pair["refresh"]}, User_Agent="Reader/1.1")
    refreshed = sessions(caller)[0]
    assert refreshed["id"] == newest["id"]
    assert refreshed["user_agent"] == "Reader/1.1"
    assert refreshed["last_used_at"] > newest["last_used_at"]
    assert refreshed["created_at"] == newest["created_at"]


def test_reading_writes_nothing(
    customer: Caller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    before = list(Login.objects.values())
    with django_assert_num_queries(2):
        sessions(customer)
    assert list(Login.objects.values()) == before


def test_only_logins_of_ones_own_that_go_on_are_listed(customer: Caller, lan: Account) -> None:
    new_customer()
    ended, expired = (sessions(log_in(lan))[0]["id"] for _ in range(2))
    Login.objects.filter(pk=ended).update(ended_at=Now())
    Login.objects.filter(pk=expired).update(expires_at=Now() - timedelta(seconds=1))
    assert [one["current"] for one in sessions(customer)] == [True]


def test_one_login_is_ended_and_its_tokens_with_it(customer: Caller, lan: Account) -> None:
    other = log_in(lan)
    response = customer.delete(f"auth/sessions/{sessions(other)[0]['id']}")
    assert (response.status_code, response.content) == (204, b"")
    assert (other.get("me").status_code, customer.get("me").status_code) == (401, 200)


def test_the_login_that_asks_may_end_itself(customer: Caller) -> None:
    assert customer.delete(f"auth/sessions/{sessions(customer)[0]['id']}").status_code == 204
    assert customer.get("me").status_code == 401


def test_anothers_login_an_ended_one_and_none_are_the_same(
    customer: Caller, staff: Caller, lan: Account
) -> None:
    other = log_in(lan)
    ended = sessions(other)[0]["id"]
    other.delete(f"auth/sessions/{ended}")
    unknown = customer.delete(f"auth/sessions/{UNKNOWN_ID}")
    assert refused(unknown, 404, "not_found")
    assert same_answer(customer.delete(f"auth/sessions/{ended}"), unknown)
    theirs = sessions(new_customer())[0]["id"]
    # Not even staff end those of others: they close accounts.
    for caller in (customer, staff):
        assert same_answer(caller.delete(f"auth/sessions/{theirs}"), unknown)


def test_all_others_are_ended_at_once(customer: Caller, lan: Account) -> None:
    others, stranger = [log_in(lan) for _ in range(3)], new_customer()
    for _ in range(2):
        assert customer.delete("auth/sessions").status_code == 204
    assert {other.get("me").status_code for other in others} == {401}
    assert (customer.get("me").status_code, stranger.get("me").status_code) == (200, 200)
    assert len(sessions(customer)) == 1


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("DELETE", ""), ("DELETE", "/1")])
def test_nobody_has_logins(anyone: Caller, method: str, path: str) -> None:
    assert refused(anyone.send(method, f"auth/sessions{path}"), 401, "not_authenticated")

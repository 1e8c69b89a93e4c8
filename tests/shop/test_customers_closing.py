"""The end of an account: closed, open again, erased; and changes of who it is."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from time import sleep
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import hashers
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from shop.core.errors import NotFound, Refused
from shop.customers import closing, profile, selectors, staff
from shop.customers import services as customers
from shop.customers.models import Account, Login
from tests.workflows.cases import new_customer

pytestmark = pytest.mark.django_db

AT = datetime(2030, 1, 1, tzinfo=UTC)


def account_of(user_id: int) -> Account:
    return Account.objects.get(customer=user_id)


def log_in(account: Account) -> int:
    return Login.objects.create(account=account, refresh_jti=uuid4(), expires_at=AT).pk


def code(account_id: int) -> str:
    with pytest.raises(Refused) as refused:
        closing.close_account(account_id=account_id)
    return refused.value.code


def test_a_closed_account_is_shut_and_its_logins_have_ended() -> None:
    user_id = new_customer()
    account = account_of(user_id)
    login_id = log_in(account)
    assert closing.close_account(account_id=account.pk) == user_id
    assert selectors.account_of_login(login_id=login_id) is None
    assert selectors.ship_to(user_ids=[user_id]) == {}
    closing.reopen_account(account_id=account.pk)
    closing.reopen_account(account_id=account.pk)
    assert selectors.ship_to(user_ids=[user_id])[user_id]["first_name"] == "An"
    # Who comes back logs in anew.
    assert selectors.account_of_login(login_id=login_id) is None
    assert selectors.account_of_login(login_id=log_in(account)) == account


def test_an_account_that_cannot_be_closed_says_why() -> None:
    account = account_of(new_customer())
    assert code(2**63 - 1) == "not_found"
    closing.close_account(account_id=account.pk)
    assert code(account.pk) == "account_closed"
    closing.erase_account(account_id=account.pk)
    assert code(account.pk) == "not_found"


def test_an_account_that_a_command_made_is_not_closed() -> None:
    customers.ensure_staff(username="admin", email="admin@example.org", password="a")
    admin = Account.objects.get(username="admin")
    assert code(admin.pk) == "account_protected"
    admin.refresh_from_db()
    assert admin.is_active


def test_an_account_of_the_staff_is_not_closed_before_it_is_taken_out_of_the_staff() -> None:
    account = account_of(new_customer())
    staff.assign_roles(account_id=account.pk, is_staff=True, roles=["support"])
    assert code(account.pk) == "account_protected"
    staff.assign_roles(account_id=account.pk, is_staff=False, roles=[])
    assert closing.close_account(account_id=account.pk)


def test_an_account_whose_registration_is_under_way_is_not_there_yet() -> None:
    account_id = customers.create_account(
        username="Lan", email="lan@example.org", password_hash="!", job_id=uuid4()
    )
    assert code(account_id) == "not_found"
    assert Account.objects.get(pk=account_id).is_active


@pytest.mark.django_db(transaction=True)
def test_of_those_who_close_an_account_at_the_same_moment_one_does() -> None:
    account = account_of(new_customer())

    def close(_: int) -> str:
        try:
            closing.close_account(account_id=account.pk)
        except Refused as error:
            return error.code
        finally:
            connection.close()
        return "closed"

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(close, range(8)))
    assert outcomes == ["account_closed"] * 7 + ["closed"]


def test_an_erased_account_holds_nobody_and_frees_its_names() -> None:
    user_id = new_customer()
    before = account_of(user_id)
    log_in(before)
    closing.close_account(account_id=before.pk)
    for _ in range(2):
        closing.erase_account(account_id=before.pk)
    after = account_of(user_id)
    assert (after.username, after.email) == (f"deleted:{after.pk}", f"deleted:{after.pk}")
    assert not hashers.is_password_usable(after.password)
    assert not after.is_active
    assert after.erased_at is not None
    assert not Login.objects.filter(account=after).exists()
    assert str(after.customer.fullname).strip() == ""
    assert str(after.customer.address).strip(", ") == ""
    assert customers.conflicts(username=before.username, email=before.email) == []
    closing.reopen_account(account_id=after.pk)
    assert not account_of(user_id).is_active


def test_an_erased_customer_is_not_found_but_their_orders_still_have_an_account() -> None:
    user_id = new_customer()
    account = account_of(user_id)
    closing.close_account(account_id=account.pk)
    assert selectors.customer(user_id=user_id)["account_id"] == account.pk
    closing.erase_account(account_id=account.pk)
    with pytest.raises(NotFound):
        selectors.customer(user_id=user_id)
    assert selectors.ship_to(user_ids=[user_id]) == {}
    assert selectors.account_id(user_id=user_id) == account.pk


def test_what_is_erased_cannot_be_opened_whatever_the_code_does() -> None:
    account = account_of(new_customer())
    closing.close_account(account_id=account.pk)
    closing.erase_account(account_id=account.pk)
    rule = "account_erased_is_closed"
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        Account.objects.filter(pk=account.pk).update(is_active=True)


def test_a_command_takes_the_name_of_an_account_that_was_deleted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = account_of(new_customer())
    Account.objects.filter(pk=account.pk).update(username="Admin")
    closing.close_account(account_id=account.pk)
    closing.erase_account(account_id=account.pk)
    monkeypatch.setenv("SHOP_ADMIN_PASSWORD", "a long one of staff")
    call_command("ensure_admin")
    admin = Account.objects.get_by_natural_key("admin")
    assert (admin.is_staff, admin.is_active, admin.pk == account.pk) == (True, True, False)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"first_name": "Bình"},
        {"last_name": "Trần", "city": "Huế"},
        {"address": "2 Lê Lợi", "city": "Huế", "country": "VN"},
    ],
)
def test_only_what_is_given_of_a_customer_changes(changes: dict[str, Any]) -> None:
    user_id, other_id = new_customer(), new_customer()
    before, other = (selectors.customer(user_id=key) for key in (user_id, other_id))
    for _ in range(2):
        profile.update_customer(user_id=user_id, **changes)
    assert selectors.customer(user_id=user_id) == {**before, **changes}
    assert selectors.customer(user_id=other_id) == other


def test_nobody_who_is_gone_is_changed() -> None:
    user_id = new_customer()
    account = account_of(user_id)
    closing.close_account(account_id=account.pk)
    closing.erase_account(account_id=account.pk)
    for gone in (user_id, 2**63 - 1):
        with pytest.raises(NotFound):
            profile.update_customer(user_id=gone, first_name="An")
    assert account_of(user_id).customer.fullname.first_name == ""


@pytest.mark.django_db(transaction=True)
def test_a_change_that_waits_for_the_erasure_comes_too_late() -> None:
    user_id = new_customer()
    account = account_of(user_id)

    def change() -> str:
        try:
            profile.update_customer(user_id=user_id, first_name="An")
        except NotFound:
            return "too late"
        finally:
            connection.close()
        return "changed"

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            closing.close_account(account_id=account.pk)
            closing.erase_account(account_id=account.pk)
            changed = pool.submit(change)
            await_blocked()
        assert changed.result() == "too late"
    assert account_of(user_id).customer.fullname.first_name == ""


def await_blocked() -> None:
    """Return when another session waits for a lock of this one."""
    with connection.cursor() as cursor:
        for _ in range(500):
            cursor.execute(
                "SELECT count(*) FROM pg_locks"
                " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone()[0]:
                return
            sleep(0.01)
    raise AssertionError("nobody waits")

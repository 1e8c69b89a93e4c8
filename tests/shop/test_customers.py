"""Accounts and customers: their services and reads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from shop.core.errors import NotFound, Refused
from shop.customers import hashing, passwords, selectors
from shop.customers import services as customers
from shop.customers.models import Account, Address, Customer, FullName

pytestmark = pytest.mark.django_db

HASH = "argon2$stand-in"


def add_account(username: str = "Lan", email: str = "Lan@Example.org") -> int:
    return customers.create_account(
        username=username, email=email, password_hash=HASH, job_id=uuid4()
    )


def add_customer(username: str = "Lan", email: str = "Lan@Example.org") -> tuple[int, int]:
    account_id = add_account(username, email)
    user_id = customers.create_customer(
        account_id=account_id,
        fullname_id=customers.create_full_name(first_name="Lan", last_name="Nguyễn"),
        address_id=customers.create_address(address="1 Phố Huế", city="Hà Nội", country="VN"),
        job_id=uuid4(),
    )
    return account_id, user_id


def test_a_customer_reads_as_one_record(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    account_id, user_id = add_customer()
    with django_assert_num_queries(1):
        person = selectors.customer(user_id=user_id)
    assert person == {
        "user_id": user_id,
        "account_id": account_id,
        "username": "Lan",
        "email": "Lan@Example.org",
        "email_verified": False,
        "first_name": "Lan",
        "last_name": "Nguyễn",
        "address": "1 Phố Huế",
        "city": "Hà Nội",
        "country": "VN",
    }
    assert selectors.me(account_id=account_id) == person
    assert selectors.account_id(user_id=user_id) == account_id
    assert selectors.ship_to(user_ids=[user_id])[user_id] == {
        "first_name": "Lan",
        "last_name": "Nguyễn",
        "address": "1 Phố Huế",
        "city": "Hà Nội",
        "country": "VN",
    }


def test_an_account_without_a_customer_has_no_user_id() -> None:
    account_id = add_account()
    person = selectors.me(account_id=account_id)
    assert (person["account_id"], person["user_id"], person["city"]) == (account_id, None, None)


@pytest.mark.parametrize("read", [selectors.customer, selectors.account_id])
def test_an_unknown_customer_is_not_found(read: Callable[..., object]) -> None:
    with pytest.raises(NotFound):
        read(user_id=2**63 - 1)


@pytest.mark.parametrize(
    ("username", "email", "code"),
    [
        ("Lan", "other@example.org", "username_taken"),
        ("lAN", "other@example.org", "username_taken"),
        ("Other", "lan@example.ORG", "email_taken"),
    ],
)
def test_a_taken_username_or_email_is_refused_whatever_its_case(
    username: str, email: str, code: str
) -> None:
    add_account()
    found = customers.conflicts(username=username, email=email)
    assert [error.code for error in found] == [code]
    with pytest.raises(Refused) as refused:
        add_account(username, email)
    assert refused.value.code == code
    assert refused.value.field == code.removesuffix("_taken")
    # The refusal leaves the transaction usable.
    assert Account.objects.count() == 1


def test_vietnamese_letters_compare_without_regard_to_case() -> None:
    add_account("ĐẶNG", "ĐẶNG@example.org")
    found = customers.conflicts(username="đặng", email="đặng@example.org")
    assert [error.code for error in found] == ["username_taken", "email_taken"]
    assert Account.objects.get_by_natural_key("Đặng").username == "ĐẶNG"


def test_what_speaks_against_a_registration_is_read_in_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    add_account("Lan", "a@example.org")
    add_account("Mai", "b@example.org")
    with django_assert_num_queries(1):
        found = customers.conflicts(username="LAN", email="B@example.org")
    assert [error.code for error in found] == ["username_taken", "email_taken"]
    assert customers.conflicts(username="Lan2", email="c@example.org") == []


def test_looking_a_username_up_uses_the_index() -> None:
    add_account()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = Account.objects.named("LAN").explain()
    assert "account_username_unique" in plan


@pytest.mark.django_db(transaction=True)
def test_of_registrations_at_the_same_moment_one_gets_the_username() -> None:
    def register(number: int) -> str:
        try:
            add_account("lan" if number % 2 else "LAN", f"{number}@example.org")
        except Refused as error:
            return error.code
        finally:
            connection.close()
        return "made"

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(register, range(8)))
    assert outcomes == ["made"] + ["username_taken"] * 7


def test_other_violations_stay_what_they_are() -> None:
    job_id = UUID(int=1)
    customers.create_account(username="a", email="a@b.org", password_hash=HASH, job_id=job_id)
    with pytest.raises(IntegrityError):
        customers.create_account(username="b", email="b@b.org", password_hash=HASH, job_id=job_id)


def test_deleting_an_account_takes_everything_of_its_registration_along() -> None:
    account_id, _ = add_customer()
    customers.delete_account(account_id=account_id)
    customers.delete_account(account_id=account_id)
    tables = (Account, Customer, FullName, Address)
    assert [table.objects.count() for table in tables] == [0, 0, 0, 0]


def test_the_undo_of_a_registration_never_deletes_staff() -> None:
    customers.ensure_staff(username="admin", email="admin@example.org", password="a")
    account_id = Account.objects.get().pk
    customers.delete_account(account_id=account_id)
    assert Account.objects.filter(pk=account_id).exists()


def test_each_part_of_a_customer_can_be_undone_again_and_again() -> None:
    account_id, user_id = add_customer()
    customer = Customer.objects.get(pk=user_id)
    for _ in range(2):
        customers.delete_customer(user_id=user_id)
        customers.delete_full_name(fullname_id=customer.fullname_id)
        customers.delete_address(address_id=customer.address_id)
    assert Account.objects.filter(pk=account_id).exists()
    assert not FullName.objects.exists()
    assert not Address.objects.exists()


def strength(password: str) -> None:
    passwords.check_strength(
        password=password,
        username="thu.trang",
        email="trang@example.org",
        first_name="Trang",
        last_name="Phạmvănhùng",
    )


@pytest.mark.parametrize(
    "password", ["aB3$", "password1", "8402937465", "thu.trang1", "phạmvănhùng", "trang@example"]
)
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(passwords.WeakPassword) as refused:
        strength(password)
    assert (refused.value.code, refused.value.field) == ("weak_password", "password")
    assert password not in refused.value.detail


def test_a_strong_password_passes() -> None:
    strength("correct horse battery")


def test_a_hash_is_argon2_and_never_the_same_twice() -> None:
    first, second = (hashing.hash_password(password="mật khẩu dài") for _ in range(2))
    assert first.startswith("argon2$argon2id$")
    assert first != second

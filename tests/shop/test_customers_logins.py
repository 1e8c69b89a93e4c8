"""Logins: what a password and a refresh token open, and when they no longer do."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter
from uuid import UUID, uuid4

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries, Settings

from shop.core.errors import Refused
from shop.customers import hashing, logins, selectors
from shop.customers import services as customers
from shop.customers.models import Account, Login

pytestmark = pytest.mark.django_db

PASSWORD = "một mật khẩu dài"
LATER = datetime.now(UTC) + timedelta(days=14)
FIRST, SECOND = UUID(int=1), UUID(int=2)


@pytest.fixture(autouse=True)
def cheap_hashes(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def add_customer(username: str = "Lan") -> Account:
    account_id = customers.create_account(
        username=username,
        email=f"{username}@example.org",
        password_hash=hashing.hash_password(password=PASSWORD),
        job_id=uuid4(),
    )
    customers.create_customer(
        account_id=account_id,
        fullname_id=customers.create_full_name(first_name="Lan", last_name="Nguyễn"),
        address_id=customers.create_address(address="1 Phố Huế", city="Hà Nội", country="VN"),
    )
    return Account.objects.get(pk=account_id)


def log_in(username: str = "Lan", password: str = PASSWORD, jti: UUID = FIRST) -> int:
    return logins.start(username=username, password=password, refresh_jti=jti, expires_at=LATER)


def works(login_id: int) -> bool:
    return selectors.account_of_login(login_id=login_id) is not None


def rotate(login_id: int, old: UUID, new: UUID) -> None:
    logins.rotate(login_id=login_id, refresh_jti=old, new_refresh_jti=new, expires_at=LATER)


def test_a_login_leads_to_its_account_and_customer_in_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    account = add_customer()
    user_id = account.customer_id
    login_id = log_in()
    with django_assert_num_queries(1):
        found = selectors.account_of_login(login_id=login_id)
        assert found == account
        assert found.customer_id == user_id is not None


def test_usernames_log_in_whatever_their_case() -> None:
    add_customer("Đặng")
    assert works(log_in("ĐẶNG"))


@pytest.mark.parametrize(
    ("username", "password"), [("Lan", "wrong"), ("nobody", PASSWORD), ("Lan", PASSWORD.upper())]
)
def test_wrong_credentials_are_refused_alike(username: str, password: str) -> None:
    add_customer()
    with pytest.raises(logins.InvalidCredentials) as refused:
        log_in(username, password)
    assert refused.value.code == "invalid_credentials"
    assert not Login.objects.exists()


def test_a_refusal_takes_as_long_for_an_unknown_username(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    add_customer()

    def seconds(username: str) -> float:
        started = perf_counter()
        with pytest.raises(logins.InvalidCredentials):
            log_in(username, "wrong")
        return perf_counter() - started

    known, unknown = (median(seconds(name) for _ in range(5)) for name in ("Lan", "nobody"))
    assert known / 2 < unknown < known * 2


def test_an_account_that_is_closed_cannot_log_in_and_its_tokens_end() -> None:
    account = add_customer()
    login_id = log_in()
    Account.objects.filter(pk=account.pk).update(is_active=False)
    assert not works(login_id)
    with pytest.raises(logins.InvalidCredentials):
        log_in()
    with pytest.raises(logins.InvalidToken):
        rotate(login_id, FIRST, SECOND)


def test_a_password_that_is_changed_while_it_is_looked_at_opens_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = add_customer()

    def changed_meanwhile(**_: object) -> bool:
        Account.objects.filter(pk=account.pk).update(password="another")
        return True

    monkeypatch.setattr(logins, "password_fits", changed_meanwhile)
    with pytest.raises(logins.InvalidCredentials):
        log_in()
    assert not Login.objects.exists()


def test_an_account_whose_registration_is_under_way_cannot_log_in_yet() -> None:
    account = add_customer()
    assert account.customer_id is not None
    customers.delete_customer(user_id=account.customer_id)
    with pytest.raises(logins.InvalidCredentials):
        log_in()


def test_staff_need_not_be_customers(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    customers.ensure_staff(username="admin", email="admin@example.org", password=PASSWORD)
    login_id = log_in("Admin")
    with django_assert_num_queries(1):
        account = selectors.account_of_login(login_id=login_id)
        assert account is not None
        assert (account.is_staff, account.customer_id) == (True, None)


def test_a_refresh_token_works_once_and_coming_again_ends_the_login() -> None:
    add_customer()
    login_id = log_in()
    rotate(login_id, FIRST, SECOND)
    assert works(login_id)
    with pytest.raises(logins.InvalidToken):
        rotate(login_id, FIRST, UUID(int=3))
    assert not works(login_id)
    with pytest.raises(logins.InvalidToken):
        rotate(login_id, SECOND, UUID(int=3))


@pytest.mark.django_db(transaction=True)
def test_of_refreshes_at_the_same_moment_at_most_one_works() -> None:
    add_customer()
    login_id = log_in()

    def refresh(number: int) -> bool:
        try:
            rotate(login_id, FIRST, UUID(int=10 + number))
        except Refused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(refresh, range(8))) == 1
    assert not works(login_id)


def test_logging_out_ends_that_login_only() -> None:
    add_customer()
    here, there = log_in(), log_in(jti=SECOND)
    logins.end(login_id=here, refresh_jti=FIRST)
    assert (works(here), works(there)) == (False, True)
    with pytest.raises(logins.InvalidToken):
        logins.end(login_id=here, refresh_jti=FIRST)
    assert works(there)


def test_logging_out_with_an_exchanged_token_is_refused_and_ends_the_login() -> None:
    add_customer()
    login_id = log_in()
    rotate(login_id, FIRST, SECOND)
    with pytest.raises(logins.InvalidToken):
        logins.end(login_id=login_id, refresh_jti=FIRST)
    assert not works(login_id)


def test_a_login_that_never_was_is_refused() -> None:
    assert not works(2**63 - 1)
    with pytest.raises(logins.InvalidToken):
        logins.end(login_id=2**63 - 1, refresh_jti=FIRST)


def test_staff_keep_their_logins_until_the_password_changes() -> None:
    for _ in range(2):
        customers.ensure_staff(username="admin", email="admin@example.org", password=PASSWORD)
    login_id = log_in("admin")
    customers.ensure_staff(username="ADMIN", email="new@example.org", password=PASSWORD)
    assert works(login_id)
    customers.ensure_staff(username="admin", email="new@example.org", password="another one")
    assert not works(login_id)
    assert works(log_in("admin", "another one"))
    assert Account.objects.get().email == "new@example.org"


def test_a_customer_never_becomes_staff_by_name() -> None:
    add_customer("admin")
    with pytest.raises(customers.UsernameTaken):
        customers.ensure_staff(username="Admin", email="new@example.org", password="x")
    assert not Account.objects.get().is_staff


def test_staff_with_the_email_of_another_are_refused() -> None:
    add_customer("lan")
    with pytest.raises(customers.EmailTaken):
        customers.ensure_staff(username="admin", email="LAN@example.org", password="x")

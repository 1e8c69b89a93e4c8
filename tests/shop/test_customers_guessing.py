"""Wrong passwords slow down whoever guesses, and keep nobody out for good."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db.models import F
from pytest_django import DjangoAssertNumQueries, Settings

from shop.core.errors import Refused
from shop.customers import guessing, hashing, logins
from shop.customers.guessing import ACCOUNT, ADDRESS, BOTH, LIMITS, TooManyAttempts
from shop.customers.logins import Client
from shop.customers.models import Account, Customer, Guesses
from tests.shopping import at_once
from tests.workflows.cases import new_customer

pytestmark = pytest.mark.django_db

PASSWORD = "một mật khẩu dài"
HOME, ELSEWHERE = "192.0.2.1", "198.51.100.7"


@pytest.fixture(autouse=True)
def cheap_hashes(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def lan() -> Account:
    account = Customer.objects.get(pk=new_customer()).account
    hashed = hashing.hash_password(password=PASSWORD)
    Account.objects.filter(pk=account.pk).update(username="Lan", password=hashed)
    return account


def ask(address: str | None, password: str, username: str) -> None:
    logins.start(
        username=username,
        password=password,
        refresh_jti=uuid4(),
        expires_at=datetime.now(UTC) + timedelta(days=1),
        client=Client(address=address),
    )


def log_in(address: str | None = HOME, password: str = PASSWORD, username: str = "Lan") -> str:
    """Try to log in, and return what comes of it: a code, and nothing where it works."""
    try:
        ask(address, password, username)
    except Refused as error:
        return error.code
    return ""


def count(address: str, *, account: Account | None = None, username: str = "nobody") -> float:
    """Count a wrong guess as soon as it is looked at, and return how long it had to wait."""
    waited = 0.0
    try:
        guessing.count(account=account, username=username, address=address)
    except TooManyAttempts as refused:
        waited = refused.wait
        pass_by(waited)
        guessing.count(account=account, username=username, address=address)
    return waited


def wait(address: str | None = HOME, username: str = "Lan") -> float:
    """Return how long the next guess has to wait."""
    with pytest.raises(TooManyAttempts) as refused:
        ask(address, "wrong", username)
    return refused.value.wait


def pass_by(seconds: float) -> None:
    """Let time pass."""
    Guesses.objects.update(next_at=F("next_at") - timedelta(seconds=seconds))


def guess_wrong(times: int, address: str | None = HOME, username: str = "Lan") -> list[float]:
    """Guess wrong so often, each time as early as that is looked at; return all waits."""
    waits = []
    for _ in range(times):
        outcome = log_in(address, "wrong", username)
        if outcome == "too_many_attempts":
            waits.append(wait(address, username))
            pass_by(waits[-1])
            outcome = log_in(address, "wrong", username)
        assert outcome == "invalid_credentials"
    return waits


@pytest.mark.parametrize("username", ["Lan", "nobody"])
def test_each_guess_after_the_fifth_waits_twice_as_long_up_to_a_quarter_of_an_hour(
    lan: Account, username: str
) -> None:
    waits = guess_wrong(BOTH.free + 14, username=username)
    assert waits[:6] == [1, 2, 4, 8, 16, 32]
    assert max(waits) == 15 * 60
    assert waits == sorted(waits)


def test_even_the_right_password_waits() -> None:
    guess_wrong(BOTH.free + 3)
    assert log_in() == "too_many_attempts"


def test_what_waits_is_not_counted(lan: Account) -> None:
    guess_wrong(BOTH.free + 3)
    before = sorted(Guesses.objects.values_list("number", flat=True))
    assert {log_in(password="wrong") for _ in range(5)} == {"too_many_attempts"}
    assert sorted(Guesses.objects.values_list("number", flat=True)) == before


def test_a_login_that_works_ends_the_count(lan: Account) -> None:
    guess_wrong(BOTH.free)
    pass_by(1)
    assert log_in() == ""
    assert guess_wrong(BOTH.free) == []


def test_in_whatever_case_it_is_the_same_account(lan: Account) -> None:
    for username in ("Lan", "LAN", "lan", "lAN", "LaN", "laN"):
        guess_wrong(1, username=username)
    assert wait() == 1


def test_from_many_addresses_an_account_has_less_than_a_hundred_guesses_an_hour(
    lan: Account,
) -> None:
    waits = [count(f"10.0.{number}.2", account=lan) for number in range(100)]
    assert sum(waits) > 3600
    assert max(waits) == 60


def test_who_has_logged_in_there_before_is_not_kept_waiting_by_others(lan: Account) -> None:
    assert log_in(HOME) == ""
    for number in range(ACCOUNT.free + 5):
        guess_wrong(1, address=f"10.0.{number}.1")
    assert log_in(ELSEWHERE) == "too_many_attempts"
    assert log_in(HOME) == ""


def test_an_address_of_ipv6_is_its_network(lan: Account) -> None:
    assert log_in("2001:db8:0:1::1") == ""
    for number in range(BOTH.free + 1):
        guess_wrong(1, address=f"2001:db8:0:1::{number}")
    assert wait("2001:db8:0:1:ffff::1") == 1
    assert log_in("2001:db8:0:2::1") == ""


def test_from_one_address_many_accounts_are_guessed_slowly(lan: Account) -> None:
    names = [f"somebody{number}" for number in range(ADDRESS.free + 5)]
    assert [count(HOME, username=name) for name in names][-6:] == [0, 0, 1, 2, 4, 8]
    assert log_in(ELSEWHERE) == ""
    # An account of one's own frees no address.
    pass_by(16)
    assert log_in(HOME) == ""
    assert count(HOME, username="another") == 0
    assert wait(username="yet another") == 32


def test_who_is_known_at_an_address_does_not_shorten_its_wait_for_others(lan: Account) -> None:
    assert log_in(HOME) == ""
    for number in range(ADDRESS.free + 6):
        count(HOME, username=f"somebody{number}")
    waiting = wait(username="another")
    assert waiting > 20
    assert log_in(HOME) == ""
    assert wait(username="another") > waiting - 10


def test_after_an_hour_without_guesses_all_is_forgotten(lan: Account) -> None:
    guess_wrong(BOTH.free + 3)
    pass_by(3700)
    assert guess_wrong(BOTH.free) == []
    pass_by(3700)
    assert guessing.delete_forgotten(limit=2) == 2
    assert guessing.delete_forgotten(limit=2) == 1
    assert not Guesses.objects.exists()


def test_without_an_address_guesses_are_counted_too(lan: Account) -> None:
    assert log_in(None) == ""
    guess_wrong(BOTH.free + 1, address=None)
    assert wait(None) == 1


def test_nothing_that_is_kept_tells_who_or_where(lan: Account) -> None:
    guess_wrong(1, username="My Password 1")
    [*kept] = Guesses.objects.values_list("digest", flat=True)
    assert {len(bytes(digest)) for digest in kept} == {32}


def test_an_account_that_is_there_costs_as_many_queries_as_one_that_is_not(
    lan: Account, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    guess_wrong(1)
    guess_wrong(1, username="nobody")
    for username in ("Lan", "nobody"):
        with django_assert_num_queries(6):
            guess_wrong(1, username=username)


def test_it_can_be_switched_off(lan: Account, settings: Settings) -> None:
    settings.SHOP_THROTTLE = False
    guess_wrong(20)
    assert log_in() == ""
    assert not Guesses.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_guesses_at_the_same_moment_only_the_free_ones_are_looked_at(lan: Account) -> None:
    outcomes = at_once(lambda _: log_in(password="wrong"), range(12))
    # The last one that is free makes the next one wait.
    assert outcomes.count("invalid_credentials") == BOTH.free + 1
    assert outcomes.count("too_many_attempts") == 12 - BOTH.free - 1


def test_the_longest_wait_is_long_however_often_was_guessed() -> None:
    assert [limit.wait(10**9) for limit in LIMITS] == [limit.longest for limit in LIMITS]

"""A journey with every kind of secret, of which nothing is to be found afterwards, anywhere."""

import base64
import re
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
from django.contrib.auth.hashers import make_password

from config.local.programs import Command
from tests.journeys import places
from tests.journeys.books import Books
from tests.journeys.client import Client, poll
from tests.journeys.mail import Mailbox
from tests.journeys.processes import Process, Shop
from tests.journeys.test_a_new_customer import TOKEN_LENGTH

PERSON = {
    "username": "secretive",
    "email": "secretive@example.org",
    "first_name": "Kín",
    "last_name": "Đáo",
    "address": "1 Hàng Bạc",
    "city": "Hà Nội",
    "country": "VN",
}
# Words that stand nowhere else in the shop.
RIGHT, WRONG, WEAK = "zq-right-Pass-1", "zq-wrong-Pass-2", "zqsecretive"
NEW = "zq-new-Pass-6"
MISPLACED, STAFFS, MISTYPED = "zq-misplaced-Pass-3", "zq-staff-Pass-4", "zq-mistyped-Pass-5"
CARDS = ("tok_ok", "tok_declined", "tok_redirect", "tok_zq_unknown")


@dataclass
class Journey:
    """What must be found nowhere, and what is everywhere, to see that we look there."""

    secrets: dict[str, str] = field(default_factory=dict)
    job_id: str = ""


@pytest.fixture
def flower(shop: Shop) -> Iterator[Command]:
    """Flower, which knows what has happened since it runs."""
    process = Process(shop.flower)
    process.start()
    try:
        process.await_ready()
        yield shop.flower
    finally:
        process.kill()


def test_no_secret_is_found_anywhere_after_a_journey(
    shop: Shop, books: Books, mailbox: Mailbox, flower: Command, tmp_path: Path
) -> None:
    journey = Journey()
    customer = register_and_log_in(shop, journey)
    buy(shop, customer, journey)
    mailed = forget_the_password(customer, mailbox)
    use_the_back_office(shop, books)
    passwords = (RIGHT, WRONG, WEAK, MISPLACED, STAFFS, MISTYPED, NEW)
    journey.secrets |= {word: word for word in (*passwords, *CARDS)}
    journey.secrets |= {
        "the shop's key": shop.environment["SHOP_SECRET_KEY"],
        "the webhooks' key": (shop.home / "secrets" / "sandbox_webhook_secret").read_text()[6:],
        "Flower's password": flower.environment["SHOP_FLOWER_PASSWORD"],
        "PostgreSQL's password": shop.postgres.password,
        "Redis's password": shop.redis.password,
    }
    books.await_all_final(seconds=60)
    poll(
        lambda: journey.job_id.encode() in places.flower_says(flower, "tasks?limit=10000"),
        seconds=20,
        what="Flower has heard of the job",
    )
    found = places.collect(shop, flower, mailbox, tmp_path)
    # We look there: what is no secret is found.
    for place, word in {
        **dict.fromkeys(("database", "database's files", "Redis's files", "logs"), journey.job_id),
        "Flower": journey.job_id,
        "mail": PERSON["email"],
        "Redis": "_kombu.binding",
        "Flower's workers": "worker-shop@",
        "command lines": "config.local.gateway",
    }.items():
        assert places.grep([word.encode()], found[place]), f"nobody looks into {place}"
    assert leaks(journey.secrets, found) == []
    # What a letter is sent for stands in that letter, and nowhere else.
    assert {place for place, _ in leaks(mailed, found)} == {"mail"}


def test_what_is_not_kept_secret_is_found(shop: Shop, books: Books, tmp_path: Path) -> None:
    secrets = {"word": "zq-a-planted-word"}
    said = b"a zq-a-planted-word"
    planted = {
        "plain": said,
        "in hex": b"\\x" + said.hex().encode(),
        "in an address": urllib.parse.quote("é=zq-a-planted-word").encode(),
        **{f"in base64, {foot}": base64.b64encode(b"x" * foot + said) for foot in range(3)},
        "nothing": b"a-planted-word",
    }
    for name, content in planted.items():
        (tmp_path / name).write_bytes(b"\0" + content)
    books.write("CREATE TABLE planted AS SELECT 'zq-a-planted-word'::text AS word")
    try:
        (tmp_path / "database").write_bytes(b"\n".join(places.rows(shop.postgres.url)))
    finally:
        books.write("DROP TABLE planted")
    found = leaks(secrets, {path.name: [path] for path in tmp_path.iterdir()})
    assert {place for place, _ in found} == {"database", *planted} - {"nothing"}


def leaks(secrets: Mapping[str, str], found: Mapping[str, Sequence[Path]]) -> list[tuple[str, str]]:
    """Return where which secret is found, as it is or in one of the ways to write bytes."""
    names = {way: name for name, secret in secrets.items() for way in ways(secret)}
    return [
        (place, names[way]) for place, paths in found.items() for way in places.grep(names, paths)
    ]


def ways(secret: str) -> set[bytes]:
    """Return how a secret may be written; in base64 it stands on one of three feet."""
    raw = secret.encode()
    found = {raw, raw.hex().encode(), urllib.parse.quote(secret).encode()}
    # Of shorter ones too little is left to be theirs alone.
    if len(raw) >= 12:
        feet = (0, 0), (1, 2), (2, 3)
        found |= {base64.b64encode(b"x" * foot + raw)[start:-4] for foot, start in feet}
    return found


def register_and_log_in(shop: Shop, journey: Journey) -> Client:
    """Register, be refused in many ways, and leave with tokens that work."""
    customer = shop.anyone()
    for refused in (
        {**PERSON, "password": "secretive"},
        {**PERSON, "password": MISPLACED, "passwort": MISPLACED},
        {**PERSON, "password": [MISPLACED]},
        {**PERSON, "password": MISPLACED, "email": MISPLACED},
    ):
        customer.post("registrations", refused).expect(422)
    job = customer.post("registrations", {**PERSON, "password": RIGHT}, Idempotency_Key="zq-1")
    assert customer.final(job.expect(202)["id"])["state"] == "succeeded"
    login = {"username": PERSON["username"], "password": RIGHT}
    customer.post("auth/login", {**login, "password": WRONG}).expect(401)
    customer.post("auth/login", {**login, "passphrase": MISPLACED}).expect(422)
    customer.post("auth/login", {"username": MISPLACED, "password": RIGHT}).expect(401)
    customer.post(f"auth/login?password={MISPLACED}", login).expect(422)
    customer.send("GET", f"books?search_term={MISPLACED}").expect(200)
    ended = customer.post("auth/login", login).expect(200)
    assert customer.post("auth/logout", {"refresh": ended["refresh"]}).status == 204
    first = customer.post("auth/login", login).expect(200)
    second = customer.post("auth/refresh", {"refresh": first["refresh"]}).expect(200)
    for number, pair in enumerate((ended, first, second)):
        # What all tokens begin with is no secret; the signature is.
        journey.secrets |= {f"{name} {number}": text[-40:] for name, text in pair.items()}
    customer.token = second["access"]
    customer.user_id = customer.get("me").expect(200)["user_id"]
    return customer


def buy(shop: Shop, customer: Client, journey: Journey) -> None:
    """Pay with every card: one that works, some that do not, and one on the provider's page."""
    (product,) = shop.products(1)
    for card in CARDS:
        customer.put_in_cart(product)
        job_id = customer.buy(card)
        if card == "tok_redirect":
            poll(lambda: customer.job(job_id)["action"], seconds=20, what="a page to pay on")  # noqa: B023
            page = urllib.parse.urlsplit(customer.job(job_id)["action"]["url"]).path
            assert shop.page("POST", page, "outcome=paid")[0] == 200
        state = customer.final(job_id)["state"]
        assert state == ("succeeded" if card in {"tok_ok", "tok_redirect"} else "failed"), card
        journey.job_id = journey.job_id or job_id
        customer.send("DELETE", f"carts/{customer.user_id}/items").expect(200)
    payment = {"method": "card", "token": ["tok_ok"], "number": "4242"}
    customer.post("checkouts", {"user_id": customer.user_id, "payment": payment}).expect(422)
    customer.post("webhooks/payments/sandbox", {"token": "tok_zq_unknown"}).expect(400)


def forget_the_password(customer: Client, mailbox: Mailbox) -> dict[str, str]:
    """Verify the email and reset the password, and return the tokens that letters brought."""
    job = customer.post("auth/password-resets", {"email": PERSON["email"]})
    customer.final(job.expect(202)["id"])

    def tokens() -> dict[str, str]:
        texts = [str(letter.get_content()) for letter in mailbox.to(PERSON["email"])]
        return {
            purpose: next(word for word in text.split() if len(word) == TOKEN_LENGTH)
            for purpose in ("email-verifications", "password-resets")
            for text in texts
            if purpose in text
        }

    mailed = poll(lambda: tokens() if len(tokens()) == 2 else None, seconds=30, what="two letters")
    assert mailed
    verify, reset = mailed["email-verifications"], mailed["password-resets"]
    assert customer.post("auth/email-verifications/confirm", {"token": verify}).status == 204
    confirm = "auth/password-resets/confirm"
    customer.post(confirm, {"token": verify, "new_password": NEW}).expect(422)
    assert customer.post(confirm, {"token": reset, "new_password": NEW}).status == 204
    login = {"username": PERSON["username"], "password": NEW}
    customer.post("auth/login", login).expect(200)
    return mailed


def use_the_back_office(shop: Shop, books: Books) -> None:
    """Log in there with a wrong password, with the right one, and look around."""
    books.write(
        "UPDATE customers_account SET password = %s, is_superuser = true WHERE username = 'staff1'",
        make_password(STAFFS),
    )
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    login = f"{shop.address}/admin/login/?next=/admin/"
    for password, title in ((MISTYPED, "Log in"), (STAFFS, "Back office")):
        with browser.open(login, timeout=30) as page:
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.read().decode())
        assert token
        form = {"username": "staff1", "password": password, "csrfmiddlewaretoken": token[1]}
        with browser.open(login, urllib.parse.urlencode(form).encode(), timeout=30) as page:
            assert re.search(rf"<title>\s*{title}", page.read().decode())
    for where in ("jobs/job/", "customers/account/", "payments/payment/"):
        with browser.open(f"{shop.address}/admin/{where}", timeout=30) as page:
            assert page.status == 200

"""Lives of customers: what they do with the shop, as a good client does it."""

import time
from typing import Any
from uuid import uuid4

from tests.chaos.asks import (
    DECLINED,
    PASSWORD,
    bought,
    card,
    check_out,
    pay,
    person,
    redirected,
    register,
    tell,
    update,
)
from tests.chaos.life import SUCCEEDED, Life
from tests.journeys.client import together


def registers(life: Life) -> None:
    """Somebody registers, with a key or without, and logs in."""
    whom = person(life)
    accepted = register(life, whom, keyed=life.perhaps(0.6))
    assert accepted
    result = life.end(accepted)["result"]
    if life.perhaps(0.5):
        client = life.nobody
        client.log_in(username=whom["username"].upper(), password=PASSWORD)
        life.claim(client.user_id == result["user_id"], "who registered can log in")


def registers_twice_at_once(life: Life) -> None:
    """A client sends the same registration three times at the same moment."""
    whom, key = person(life), life.new_key()
    found = together(lambda _: register(life, whom, key=key), range(3), threads=3)
    life.claim(len({one.job_id for one in found if one}) == 1, "a key makes one job")


def rivals(life: Life) -> None:
    """Two want the same username at the same moment, and one gets it."""
    name = f"rival{life.load.seed}x{life.number}"
    more: Any = {
        "ends": (SUCCEEDED, "failed username_taken"),
        "refusals": ("username_taken",),
    }
    pair = [person(life, name), person(life, name.upper())]
    found = [one for one in together(lambda whom: register(life, whom, **more), pair) if one]
    states = [life.end(one)["state"] for one in found]
    life.claim(states.count(SUCCEEDED) == 1, f"one of two gets the username: {states}")


def buys(life: Life) -> None:
    """A customer buys; declined, half of them try another card with the cart as it was."""
    who, lines, token = life.customer(), life.lines(), card(life)
    life.fill(who, lines)
    accepted = check_out(life, who, lines, token, keyed=life.perhaps(0.8))
    assert accepted
    if life.end(accepted)["state"] == "failed" and life.perhaps(0.5):
        again = check_out(life, who, lines)
        assert again
        life.end(again)


def buys_the_last_copies(life: Life) -> None:
    """Many want more copies than there are."""
    who, lines = life.customer(), life.lines([life.chance.choice(life.load.scarce)], most=300)
    life.fill(who, lines)
    accepted = check_out(life, who, lines, ends=(SUCCEEDED, "failed insufficient_stock"))
    assert accepted
    life.end(accepted)


def presses_twice(life: Life) -> None:
    """The same checkout three times at once, and again when it is over: it is one job."""
    who, lines, token, key = life.customer(), life.lines(), card(life), life.new_key()
    life.fill(who, lines)
    found = together(lambda _: check_out(life, who, lines, token, key=key), range(3), threads=3)
    assert found[0]
    life.end(found[0])
    found.append(check_out(life, who, lines, token, key=key))
    life.claim(len({one.job_id for one in found if one}) == 1, "a key makes one job")


def buys_in_two_windows(life: Life) -> None:
    """Two windows, two keys, one cart: it is bought once."""
    who, lines = life.customer(), life.lines()
    life.fill(who, lines)
    refusals = ("cart_empty",)
    found = together(lambda _: check_out(life, who, lines, refusals=refusals), range(2))
    ones = [one for one in found if one]
    life.claim(len(ones) == 1, f"a cart is bought once, not {len(ones)} times")
    life.end(ones[0])


def changes_their_mind(life: Life) -> None:
    """A checkout is cancelled at a moment of chance."""
    who, lines = life.customer(), life.lines()
    life.fill(who, lines)
    accepted = check_out(life, who, lines, card(life))
    assert accepted
    life.pause(life.chance.choice([0.02, 0.2, 2.0]))
    life.cancel(who, accepted)
    life.end(accepted)


def pays_on_the_page(life: Life) -> None:
    """Paid on the provider's page, which may say so too early, twice, or again much later."""
    _, accepted, url = redirected(life)
    key, early = f"{accepted.job_id}:take_payment", life.perhaps(0.3)
    if early:
        tell(life, key)
    life.pause(2)
    life.press(url, "paid")
    accepted.released_at = time.time()
    message_id = f"msg_{uuid4()}"
    for _ in range(life.chance.choice([0, 0, 1, 2])):
        tell(life, key, message_id=message_id)
    life.end(accepted)
    if life.perhaps(0.3):
        tell(life, key, life.chance.choice(["payment.paid", "payment.declined"]))


def declines_on_the_page(life: Life) -> None:
    _, accepted, url = redirected(life)
    accepted.ends = {DECLINED}
    life.pause(2)
    life.press(url, "declined")
    accepted.released_at = time.time()
    life.end(accepted)


def leaves_the_page(life: Life) -> None:
    """Never paid but cancelled, by the job or by the order; some pay all the same, too late."""
    who, accepted, url = redirected(life)
    accepted.ends = {"cancelled"}
    life.pause(2)
    if life.perhaps(0.5):
        life.cancel(who, accepted)
    else:
        orders = who.ask("GET", f"orders?user_id={who.user_id}").body["results"]
        [order_id] = [one["id"] for one in orders if one["job_id"] == accepted.job_id]
        update(life, who, order_id, "cancelled")
        accepted.released_at = time.time()
    life.end(accepted)
    if life.perhaps(0.5):
        life.press(url, "paid")


def pays_later(life: Life) -> None:
    """An order without a payment; a card that is declined, then one or two others."""
    who, order_id, _ = bought(life, None)
    if life.perhaps(0.6):
        declined = pay(life, who, order_id, "tok_declined")
        assert declined
        life.end(declined)
    if life.perhaps(0.2):
        update(life, who, order_id, "cancelled")
        return
    cards = life.chance.choices(
        ["tok_ok", "tok_flaky", "tok_timeout"], k=life.chance.choice([1, 2])
    )
    busy = ("order_not_payable",)
    found = together(lambda token: pay(life, who, order_id, token, refusals=busy), cards)
    ones = [one for one in found if one]
    life.claim(len(ones) == 1, f"an order is paid once, not {len(ones)} times")
    life.end(ones[0])


def leaves(life: Life) -> None:
    """Somebody registers, perhaps buys and takes it back, and has the account deleted."""
    whom = person(life)
    accepted = register(life, whom)
    assert accepted
    result = life.end(accepted)["result"]
    path, who = f"accounts/{result['account_id']}", life.nobody
    more: Any = {"kind": "account_deletion", "reader": life.staff, "facts": result}
    if life.perhaps(0.5):
        who.log_in(username=whom["username"], password=PASSWORD)
        lines = life.lines()
        life.fill(who, lines)
        checkout = check_out(life, who, lines, reader=life.staff)
        assert checkout
        order_id = int(life.end(checkout)["result"]["order_id"])
        refused = life.start(life.staff, "DELETE", path, refusals=("orders_open",), **more)
        life.claim(refused is None, "an account with an open order stays")
        update(life, life.staff, order_id, "cancelled")
    deletion = life.start(life.staff, "DELETE", path, **more)
    assert deletion
    life.end(deletion)


def hears_from_strangers(life: Life) -> None:
    """Webhooks about charges that nobody knows, and about ones that were paid long ago."""
    tell(life, f"{uuid4()}:take_payment")
    who, order_id, _ = bought(life)
    job_id = who.ask("GET", f"orders/{order_id}").body["job_id"]
    for _ in range(2):
        tell(life, f"{job_id}:take_payment", message_id=f"msg_{life.new_key()}")

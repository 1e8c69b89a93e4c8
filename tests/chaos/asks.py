"""What customers and staff ask of the shop, each with what may come of it."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from standardwebhooks import Webhook

from tests.chaos.life import SUCCEEDED, Accepted, Life
from tests.chaos.patient import Patient

DECLINED = "failed payment_declined"
# What a payment with this token ends in, and how often one is tried.
TOKENS = {
    "tok_ok": (SUCCEEDED, 6),
    "tok_declined": (DECLINED, 2),
    "tok_insufficient_funds": (DECLINED, 1),
    "tok_flaky": (SUCCEEDED, 2),
    "tok_timeout": (SUCCEEDED, 2),
}
PASSWORD = "một mật khẩu đủ dài"


# Customers


def card(life: Life) -> str:
    """Return a token by chance; the ones for which the customer has to go somewhere are not."""
    return life.chance.choices(list(TOKENS), [weight for _, weight in TOKENS.values()])[0]


def check_out(
    life: Life, who: Patient, lines: dict[int, int], token: str | None = "tok_ok", **more: Any
) -> Accepted | None:
    """Ask to buy what is in the cart."""
    payment = {"payment": {"method": "card", "token": token}} if token else {}
    more = {"ends": [TOKENS[token][0] if token in TOKENS else SUCCEEDED], **more}
    body = {"user_id": who.user_id, **payment}
    facts = {"user_id": who.user_id, "lines": lines, "token": token}
    return life.start(who, "POST", "checkouts", body, kind="checkout", facts=facts, **more)


def redirected(life: Life) -> tuple[Patient, Accepted, str]:
    """Return a checkout that waits for its customer, and the page that it waits for."""
    who, lines = life.customer(), life.lines()
    life.fill(who, lines)
    accepted = check_out(life, who, lines, "tok_redirect")
    assert accepted
    url = life.action_of(accepted)
    life.claim(url is not None, "a payment waits for its customer")
    return who, accepted, str(url)


def bought(life: Life, token: str | None = "tok_ok") -> tuple[Patient, int, dict[int, int]]:
    """Return a customer, and the order and lines that they have bought."""
    who, lines = life.customer(), life.lines()
    life.fill(who, lines)
    accepted = check_out(life, who, lines, token)
    assert accepted
    return who, int(life.end(accepted)["result"]["order_id"]), lines


def person(life: Life, name: str = "") -> dict[str, str]:
    username = name or f"chaos{life.load.seed}x{life.number}"
    who = {"username": username, "password": PASSWORD, "email": f"{life.new_key()}@example.org"}
    place = {"address": "12 Đinh Lễ", "city": "Hà Nội", "country": "VN"}
    return {**who, "first_name": "Minh", "last_name": "Nguyễn", **place}


def register(life: Life, whom: dict[str, str], **more: Any) -> Accepted | None:
    return life.start(life.nobody, "POST", "registrations", whom, kind="registration", **more)


def tell(life: Life, key: str, kind: str = "payment.paid", *, message_id: str = "") -> None:
    """Be the provider, and send the shop a webhook."""
    message_id, now = message_id or f"msg_{uuid4()}", datetime.now(UTC)
    # What is signed is what is sent: in the spelling of `json.dumps`, as the client has it.
    body = {"type": kind, "timestamp": f"{now:%Y-%m-%dT%H:%M:%SZ}", "data": {"key": key}}
    signer = Webhook(life.stack.environment["SHOP_SANDBOX_WEBHOOK_SECRET"])
    life.nobody.ask(
        "POST",
        "webhooks/payments/sandbox",
        body,
        may_repeat=True,
        # A gateway whose clock is wrong finds the message too old.
        refusals=("invalid_signature",),
        webhook_id=message_id,
        webhook_timestamp=str(int(now.timestamp())),
        webhook_signature=signer.sign(message_id, now, json.dumps(body)),
    )


def pay(
    life: Life, who: Patient, order_id: int, token: str, refusals: tuple[str, ...] = ()
) -> Accepted | None:
    return life.start(
        who,
        "POST",
        f"orders/{order_id}/payments",
        {"method": "card", "token": token},
        kind="payment",
        ends=[TOKENS[token][0]],
        refusals=refusals,
        facts={"order_id": order_id},
    )


# Staff


def goods(life: Life, path: str, kind: str, product_id: int, quantity: int, **more: Any) -> Any:
    """Move goods, and return how that ended: the job."""
    body = {"product_id": product_id, "quantity": quantity}
    to = f"inventory/{path}"
    accepted = life.start(life.staff, "POST", to, body, kind=kind, facts=body, **more)
    assert accepted
    return life.end(accepted)


def update(
    life: Life, who: Patient, order_id: int, status: str, *, may_lose: bool = False
) -> Accepted | None:
    """Move an order on, and wait until it is there; None where it was refused."""
    lost = "invalid_transition"
    accepted = life.start(
        who,
        "PATCH",
        f"orders/{order_id}",
        {"status": status},
        kind="order_update",
        ends=[SUCCEEDED, f"failed {lost}"] if may_lose else [SUCCEEDED],
        refusals=[lost] if may_lose else [],
        facts={"order_id": order_id, "status": status},
    )
    if accepted:
        life.end(accepted)
    return accepted


def refund(life: Life, order_id: int, amount: str | None) -> str | None:
    """Give money back; return the job's state, or None where it was refused."""
    much = "refund_exceeds_payment"
    accepted = life.start(
        life.staff,
        "POST",
        f"orders/{order_id}/refunds",
        {"amount": amount} if amount else {},
        kind="refund",
        ends=[SUCCEEDED, f"failed {much}"],
        refusals=[much],
        facts={"order_id": order_id, "amount": amount},
    )
    return str(life.end(accepted)["state"]) if accepted else None


def set_up(life: Life, settings: dict[str, Any], ends: Sequence[str] = (SUCCEEDED,)) -> None:
    accepted = life.start(
        life.staff, "PATCH", "inventory", settings, kind="inventory_setup", ends=ends
    )
    assert accepted
    life.end(accepted)

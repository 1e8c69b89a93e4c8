"""Rows 1.5.1, 1.5.2, 6 and 7: orders, payments, refunds, notifications."""

import time
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.journeys.client import poll
from tests.journeys.walk import buying
from tests.journeys.walk.walker import UNKNOWN, Walk, Walker

CARD = {"method": "card", "token": "tok_ok"}


def bought(walk: Walk) -> tuple[Walker, str]:
    """Return a customer who has paid an order, and the order's address."""
    (buyer,) = walk.customers(1)
    (product_id,) = walk.shop.products(1)
    buyer.put_in_cart(product_id, 2)
    job = buyer.done(buyer.ask_to_buy())
    return buyer, f"orders/{job['result']['order_id']}"


def an_order_s_life(walk: Walk) -> None:
    staff, (buyer, order) = walk.staff, bought(walk)
    (other,) = walk.customers(1)
    other.refused("GET", order, status=404, code="not_found")
    other.refused("PATCH", order, {"status": "cancelled"}, status=404, code="not_found")
    buyer.refused("PATCH", order, {"status": "shipped"}, status=403, code="forbidden")
    staff.refused("PATCH", order, {"status": "delivered"}, status=409, code="invalid_transition")
    staff.refused("PATCH", order, {"status": "lost"}, status=422, code="invalid_choice")
    staff.refused("PATCH", f"orders/{UNKNOWN}", {"status": "paid"}, status=404, code="not_found")
    seen = buyer.get(order).headers["etag"]
    told = _subjects(buyer)
    job = staff.done(staff.patch(order, {"status": "processing"}, If_Match=seen))
    assert job["result"] == buyer.get(order).expect(200)
    assert len(_subjects(buyer)) == len(told) + 1
    shipped = {"status": "shipped"}
    staff.refused("PATCH", order, shipped, status=412, code="precondition_failed", If_Match=seen)
    same = staff.done(staff.patch(order, {"status": "processing"}))
    assert same["result"] == job["result"]
    assert len(_subjects(buyer)) == len(told) + 1, "nobody is told what has not changed"
    for status in ("shipped", "delivered"):
        assert staff.done(staff.patch(order, {"status": status}))["result"]["status"] == status
        cancel = {"status": "cancelled"}
        buyer.refused("PATCH", order, cancel, status=409, code="invalid_transition")
    returned = staff.done(staff.patch(order, {"status": "returned"}))["result"]
    assert returned["payment"]["status"] == "refunded"
    assert returned["payment"]["refunded"] == returned["total"]
    history = ["pending", "paid", "processing", "shipped", "delivered", "returned"]
    assert [event["status"] for event in returned["history"]] == history
    assert returned["history"][-1]["by"] == staff.get("me").expect(200)["account_id"]
    listed = staff.get(f"orders?user_id={buyer.user_id}&status=returned").expect(200)["results"]
    assert listed == [returned]
    other.refused("GET", f"orders?user_id={buyer.user_id}", status=404, code="not_found")


def cancellation(walk: Walk) -> None:
    buyer, order = bought(walk)
    job = buyer.done(buyer.patch(order, {"status": "cancelled"}))
    assert job["result"]["payment"]["status"] == "refunded"
    walk.staff.refused("PATCH", order, {"status": "paid"}, status=409, code="invalid_transition")


def payments(walk: Walk) -> None:
    buyer, order_id = buying.paid_later(walk)
    order, pay = f"orders/{order_id}", f"orders/{order_id}/payments"
    declined = buyer.post(pay, {"method": "card", "token": "tok_declined"})
    buyer.done(declined, "failed", "payment_declined")
    assert buyer.get(order).expect(200)["status"] == "pending"
    job = buyer.done(buyer.post(pay, CARD))
    assert job["result"]["order_id"] == order_id
    assert buyer.get(order).expect(200)["status"] == "paid"
    payment = buyer.get(job["links"]["resource"]).expect(200)
    assert set(payment) == {
        *("id", "order_id", "provider", "method", "status", "amount", "refunded", "currency"),
        "created_at",
    }
    assert (payment["id"], payment["status"]) == (job["result"]["payment_id"], "captured")
    listed = buyer.get(pay).expect(200)["results"]
    assert [one["status"] for one in listed] == ["captured", "declined"]
    buyer.refused("POST", pay, CARD, status=409, code="order_not_payable")
    (other,) = walk.customers(1)
    other.refused("POST", pay, CARD, status=404, code="not_found")
    other.refused("GET", f"payments/{payment['id']}", status=404, code="not_found")
    refunds(walk, order, buyer)


def refunds(walk: Walk, order: str, buyer: Walker) -> None:
    staff = walk.staff
    total = int(buyer.get(order).expect(200)["total"])
    buyer.refused("POST", f"{order}/refunds", {}, status=403, code="forbidden")
    some = staff.done(staff.post(f"{order}/refunds", {"amount": "1000"}))
    assert some["result"] == {
        "payment_id": some["result"]["payment_id"],
        "amount": "1000",
        "currency": "VND",
    }
    assert buyer.get(order).expect(200)["payment"]["refunded"] == "1000"
    much = {"amount": str(total)}
    staff.refused("POST", f"{order}/refunds", much, status=409, code="refund_exceeds_payment")
    rest = staff.done(staff.post(f"{order}/refunds"))
    assert rest["result"]["amount"] == str(total - 1000)
    assert buyer.get(order).expect(200)["payment"]["status"] == "refunded"
    staff.refused("POST", f"{order}/refunds", {}, status=409, code="refund_exceeds_payment")


def redirects(walk: Walk) -> None:
    for outcome, state, code in (
        ("paid", "succeeded", None),
        ("declined", "failed", "payment_declined"),
    ):
        (buyer,) = walk.customers(1)
        (product_id,) = walk.shop.products(1)
        buyer.put_in_cart(product_id)
        asked = buyer.ask_to_buy("tok_redirect")
        waiting = when_waiting(buyer, asked.expect(202)["id"])
        assert waiting["action"]["type"] == "redirect"
        assert buyer.order_of(waiting)["payment"]["status"] == "pending"
        click(walk, waiting["action"]["url"], outcome)
        begun_at = time.monotonic()
        buyer.done(asked, state, code)
        assert time.monotonic() - begun_at < 15, "the webhook wakes it, not its own clock"


def when_waiting(buyer: Walker, job_id: str) -> dict[str, Any]:
    """Return the job when it waits for its customer."""
    poll(lambda: buyer.job(job_id)["action"], seconds=20, what="the payment waits")
    return buyer.job(job_id)


def click(walk: Walk, url: str, outcome: str) -> None:
    """Press a button of the sandbox's page."""
    parts = urlsplit(url)
    assert parts.netloc == urlsplit(walk.shop.address).netloc
    assert walk.shop.page("GET", parts.path)[0] == 200
    status, _ = walk.shop.page("POST", parts.path, urlencode({"outcome": outcome}))
    assert status in {200, 302, 303}


def webhooks(walk: Walk) -> None:
    event = {"type": "payment.paid", "data": {"key": "nothing"}}
    walk.nobody().refused(
        "POST", "webhooks/payments/sandbox", event, status=400, code="invalid_signature"
    )
    walk.nobody().refused("POST", "webhooks/payments/nobody", event, status=404, code="not_found")


def notifications(walk: Walk) -> None:
    staff, (buyer, other) = walk.staff, walk.customers(2)
    words = {"user_id": buyer.user_id, "subject": "Xin chào", "body": "Có sách mới."}
    job = staff.done(staff.post("notifications", words))
    assert job["kind"] == "notification"
    buyer.refused("POST", "notifications", words, status=403, code="forbidden")
    (told,) = buyer.get("notifications?unread=true").expect(200)["results"]
    assert set(told) == {"id", "user_id", "order_id", "subject", "body", "read", "created_at"}
    assert (told["subject"], told["order_id"], told["read"]) == ("Xin chào", None, False)
    other.refused("POST", f"notifications/{told['id']}/read", status=404, code="not_found")
    assert buyer.post(f"notifications/{told['id']}/read").expect(200)["read"] is True
    assert buyer.get("notifications?unread=true").expect(200)["results"] == []
    listed = staff.get(f"notifications?user_id={buyer.user_id}").expect(200)["results"]
    assert [one["id"] for one in listed] == [told["id"]]
    mine = f"notifications?user_id={buyer.user_id}"
    other.refused("GET", mine, status=404, code="not_found")


def _subjects(buyer: Walker) -> list[str]:
    return [told["subject"] for told in buyer.all("notifications")]

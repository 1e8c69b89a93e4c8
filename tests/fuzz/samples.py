"""Requests as good clients send them, from which the others are made."""

import json
from typing import Any

PASSWORD = "a-password-that-nobody-echoes-7"
CARD = "tok_never_to_be_seen_again"


def request(
    method: str, path: str, body: Any = None, *, token: str = "", headers: tuple[str, ...] = ()
) -> bytes:
    """Return a whole request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    content = b""
    if body is not None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines.append(f"Content-Length: {len(content)}")
        if not any(line.startswith("Content-Type") for line in lines):
            lines.append("Content-Type: application/json")
    return "\r\n".join([*lines, "", ""]).encode() + content


def samples(*, user_id: int, token: str, product_id: int) -> list[bytes]:
    """Return requests of somebody new, of a customer, and of the provider."""
    new = {
        "username": "fuzz",
        "password": PASSWORD,
        "email": "fuzz@example.org",
        "address": "12 Đinh Lễ",
        "city": "Hà Nội",
        "country": "VN",
        "first_name": "An",
        "last_name": "Lê",
    }
    item = {"product_id": product_id, "quantity": 1}
    card = {"method": "card", "token": CARD}
    form = "Content-Type: application/x-www-form-urlencoded"
    signed = ("webhook-id: msg_1", "webhook-timestamp: 1700000000", "webhook-signature: v1,AAAA")
    key = "Idempotency-Key: fuzz-1"
    api = "/api/v1"
    return [
        request("GET", "/livez", headers=("X-Request-ID: fuzz-1",)),
        request("GET", "/", headers=("Accept: text/html",)),
        request("GET", "/admin/login/?next=/admin/", headers=("Cookie: csrftoken=a; sessionid=b",)),
        request(
            "POST",
            "/admin/login/",
            b"username=a&password=b&csrfmiddlewaretoken=c",
            headers=(form, "Cookie: csrftoken=c"),
        ),
        request("GET", "/static/api/docs.js", headers=("Range: bytes=0-99", 'If-None-Match: "a"')),
        request("POST", f"/sandbox/payments/{'0' * 8}-0000-4000-8000-{'0' * 12}", b"outcome=paid"),
        request("GET", f"{api}/books?search_term=nha%20gia+kim&page_size=5"),
        request("GET", f"{api}/authors?author_name=Nguy%E1%BB%85n&cursor=abc"),
        request("POST", f"{api}/registrations", new, headers=(key,)),
        request("POST", f"{api}/auth/login", {"username": "fuzz", "password": PASSWORD}),
        request("POST", f"{api}/auth/refresh", {"refresh": "a.b.c"}),
        request("GET", f"{api}/me", token=token),
        request("PATCH", f"{api}/customers/{user_id}", {"city": "Huế"}, token=token),
        request("POST", f"{api}/carts/{user_id}/items", item, token=token),
        request(
            "PUT",
            f"{api}/carts/{user_id}/items/{product_id}",
            {"quantity": 2},
            token=token,
            headers=('If-Match: "a"',),
        ),
        request(
            "POST",
            f"{api}/checkouts",
            {"user_id": user_id, "payment": card, "expected_total": "125000"},
            token=token,
            headers=(key,),
        ),
        request("GET", f"{api}/orders?user_id={user_id}&status=paid", token=token),
        request("PATCH", f"{api}/orders/1", {"status": "cancelled"}, token=token),
        request("GET", f"{api}/notifications?unread=true", token=token),
        request("GET", f"{api}/jobs?kind=checkout&state=failed", token=token),
        request(
            "POST",
            f"{api}/webhooks/payments/sandbox",
            {"type": "payment.captured", "data": {"id": 1}},
            headers=signed,
        ),
    ]

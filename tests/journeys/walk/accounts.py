"""Rows 1.1, 1.2, 4.2, and who is who."""

from typing import Any

from tests.journeys.walk.walker import PASSWORD, UNKNOWN, Walk, Walker

PLACE = {"address": "12 Đinh Lễ", "city": "Hà Nội", "country": "VN"}
NAME = {"first_name": "Minh Anh", "last_name": "Nguyễn"}


def person(username: str) -> dict[str, Any]:
    email = f"{username.lower()}@example.org"
    return {"username": username, "password": PASSWORD, "email": email, **NAME, **PLACE}


def registered(walk: Walk, username: str) -> tuple[Walker, dict[str, Any]]:
    """Return somebody who has just registered and logged in, and the registration's result."""
    client = walk.nobody()
    job = client.done(client.post("registrations", person(username)))
    client.log_in(username=username.upper(), password=PASSWORD)
    assert client.user_id == job["result"]["user_id"]
    return client, job["result"]


def registrations(walk: Walk) -> None:
    client, result = registered(walk, "WalkerOne")
    assert set(result) == {"user_id", "account_id", "fullname_id", "address_id", "cart_id"}
    nobody = walk.nobody()
    taken = nobody.refused(
        "POST", "registrations", person("walkerone"), status=422, code="username_taken"
    )
    assert {error["code"] for error in taken["errors"]} == {"username_taken", "email_taken"}
    weak = {**person("walkertwo"), "password": "12345678"}
    nobody.refused("POST", "registrations", weak, status=422, code="weak_password")
    odd = {**person("walkertwo"), "shoe_size": 43}
    nobody.refused("POST", "registrations", odd, status=422, code="unknown_field")
    job = nobody.done(nobody.post("registrations", person("walkertwo"), Prefer="wait=0"))
    assert [step["state"] for step in job["steps"]] == ["done"] * 6
    nobody.refused(
        "GET", f"customers/{job['result']['user_id']}", status=401, code="not_authenticated"
    )
    client.refused("GET", f"customers/{job['result']['user_id']}", status=404, code="not_found")


def logins(walk: Walk) -> None:
    client = walk.nobody()
    wrong = {"username": "walkerone", "password": "something else"}
    client.refused("POST", "auth/login", wrong, status=401, code="invalid_credentials")
    pair = client.post("auth/login", {"username": "walkerone", "password": PASSWORD}).expect(200)
    fresh = client.post("auth/refresh", {"refresh": pair["refresh"]}).expect(200)
    client.token = fresh["access"]
    assert client.get("me").expect(200)["username"] == "WalkerOne"
    client.token = ""
    assert client.post("auth/logout", {"refresh": fresh["refresh"]}).status == 204
    client.refused(
        "POST", "auth/refresh", {"refresh": fresh["refresh"]}, status=401, code="invalid_token"
    )
    client.token = fresh["access"]
    client.refused("GET", "me", status=401, code="invalid_token")


def records(walk: Walk) -> None:
    client, result = registered(walk, "WalkerThree")
    me = client.get("me").expect(200)
    assert me == {
        "email_verified": False,
        "user_id": result["user_id"],
        "account_id": result["account_id"],
        "username": "WalkerThree",
        "email": "walkerthree@example.org",
        **NAME,
        **PLACE,
    }
    address = f"customers/{client.user_id}"
    assert client.get(address).expect(200) == walk.staff.get(address).expect(200) == me
    moved = client.patch(address, {"city": "Huế"}).expect(200)
    assert moved == {**me, "city": "Huế"}
    assert walk.staff.get("me").expect(200)["user_id"] is None
    other, *_ = walk.customers(1)
    other.refused("PATCH", address, {"city": "Vinh"}, status=404, code="not_found")


def passwords(walk: Walk) -> None:
    client, _ = registered(walk, "WalkerFive")
    wrong = {"current_password": "something else", "new_password": f"{PASSWORD} 2"}
    client.refused("POST", "auth/password", wrong, status=422, code="wrong_password")
    change = {**wrong, "current_password": PASSWORD}
    assert client.post("auth/password", change).status == 204
    assert client.get("me").status == 200
    nobody = walk.nobody()
    for email in ("walkerfive@example.org", "nobody@example.org"):
        job = nobody.done(nobody.post("auth/password-resets", {"email": email}))
        assert (job["kind"], job["result"]) == ("password_reset", {})
    guess = {"token": "guess", "new_password": f"{PASSWORD} 3"}
    path = "auth/password-resets/confirm"
    nobody.refused("POST", path, guess, status=422, code="unusable_token")
    job = client.done(client.post("auth/email-verifications"))
    assert job["result"] == {"mail": "sent"}
    path = "auth/email-verifications/confirm"
    nobody.refused("POST", path, {"token": "guess"}, status=422, code="unusable_token")


def sessions(walk: Walk) -> None:
    client, _ = registered(walk, "WalkerSix")
    login = {"username": "walkersix", "password": PASSWORD}
    other, third = walk.nobody(), walk.nobody()
    for one in (other, third):
        one.token = one.post("auth/login", login).expect(200)["access"]
    newest, second, first = client.all("auth/sessions")
    assert [one["current"] for one in (newest, second, first)] == [False, False, True]
    assert client.delete(f"auth/sessions/{second['id']}").status == 204
    other.refused("GET", "me", status=401, code="invalid_token")
    assert client.delete("auth/sessions").status == 204
    third.refused("GET", "me", status=401, code="invalid_token")
    export = client.get("me/export").expect(200)
    assert export["account"] == client.get("me").expect(200)
    assert [one["current"] for one in export["sessions"]] == [True]


def deletion(walk: Walk) -> None:
    client, result = registered(walk, "WalkerFour")
    (product_id,) = walk.shop.products(1)
    client.put_in_cart(product_id)
    bought = client.done(client.ask_to_buy())
    account = f"accounts/{result['account_id']}"
    other, *_ = walk.customers(1)
    other.refused("DELETE", account, status=404, code="not_found")
    walk.nobody().refused("DELETE", account, status=401, code="not_authenticated")
    client.refused("DELETE", account, status=409, code="orders_open")
    order = f"orders/{bought['result']['order_id']}"
    walk.staff.done(walk.staff.patch(order, {"status": "cancelled"}))
    accepted = client.delete(account)
    walk.staff.done(accepted)
    client.refused("GET", "me", status=401, code="invalid_token")
    login = {"username": "walkerfour", "password": PASSWORD}
    client.token = ""
    client.refused("POST", "auth/login", login, status=401, code="invalid_credentials")
    assert walk.staff.get(order).expect(200)["status"] == "cancelled"
    walk.staff.refused("GET", f"customers/{client.user_id}", status=404, code="not_found")
    walk.staff.refused("DELETE", f"accounts/{UNKNOWN}", status=404, code="not_found")
    again, _ = registered(walk, "WalkerFour")
    assert again.user_id != result["user_id"]

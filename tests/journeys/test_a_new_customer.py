"""From a registration to a paid order, as a newcomer goes."""

from tests.journeys.books import Books
from tests.journeys.client import poll
from tests.journeys.mail import Mailbox
from tests.journeys.processes import Shop

PERSON = {
    "username": "MinhAnh",
    "password": "một mật khẩu đủ dài",
    "email": "minh.anh@example.org",
    "first_name": "Minh Anh",
    "last_name": "Nguyễn",
    "address": "12 Đinh Lễ",
    "city": "Hà Nội",
    "country": "VN",
}
# Of 32 bytes in base64.
TOKEN_LENGTH = 43
SHIP_TO = {name: PERSON[name] for name in ("first_name", "last_name", "address", "city", "country")}


def test_a_new_customer_registers_and_buys_and_is_told(
    shop: Shop, books: Books, mailbox: Mailbox
) -> None:
    customer = shop.anyone()
    registration = customer.post("registrations", PERSON)
    job = customer.final(registration.expect(202)["id"])
    assert registration.headers["location"] == f"/api/v1/jobs/{job['id']}"
    assert registration.headers["retry-after"] == "1"
    assert job["state"] == "succeeded", job
    assert [step["state"] for step in job["steps"]] == ["done"] * 6

    customer.log_in(username="minhanh", password=PERSON["password"])
    assert customer.user_id == job["result"]["user_id"]

    (book,) = [one for one in customer.find("nha gia kim") if one["title"] == "Nhà giả kim"]
    customer.put_in_cart(book["id"], 2)
    cart = customer.get(f"carts/{customer.user_id}").expect(200)
    total = str(2 * int(book["price"]))
    assert (cart["total"], cart["currency"]) == (total, "VND")

    checkout = customer.ask_to_buy("tok_ok")
    assert checkout.expect(202)["state"] in {"queued", "running"}
    job_id = checkout.body["id"]
    assert customer.cart() == {}
    poll(lambda: customer.job(job_id)["state"] == "succeeded", seconds=20, what="the order is paid")

    job = customer.job(job_id)
    names = ["place_order", "reserve_stock", "take_payment", "confirm_order", "notify"]
    assert [(step["name"], step["state"]) for step in job["steps"]] == [
        (name, "done") for name in names
    ]
    order = customer.get(job["links"]["resource"]).expect(200)
    assert order["id"] == job["result"]["order_id"]
    assert order["job_id"] == job_id
    assert order["status"] == "paid"
    assert [event["status"] for event in order["history"]] == ["pending", "paid"]
    assert order["ship_to"] == SHIP_TO
    assert order["total"] == total
    assert [line["title"] for line in order["lines"]] == ["Nhà giả kim"]
    assert order["payment"]["id"] == job["result"]["payment_id"]
    assert order["payment"]["status"] == "captured"
    entry = books.entry(job_id)
    assert (entry["status"], int(entry["amount"])) == ("captured", int(total))

    (told,) = customer.get("notifications").expect(200)["results"]
    assert (told["order_id"], told["read"]) == (order["id"], False)
    assert str(order["id"]) in told["subject"]
    read = customer.post(f"notifications/{told['id']}/read").expect(200)
    assert read["read"] is True

    mail_job = str(
        books.value(
            "SELECT job_id FROM notifications_notification WHERE order_id = %s", order["id"]
        )
    )
    assert customer.final(mail_job)["state"] == "succeeded"
    # Its job is done: it was received, and under this Message-ID never again.
    (letter,) = mailbox.of(f"<{mail_job}.send_mail@bookshop>")
    assert letter["To"] == PERSON["email"]
    assert letter["Subject"] == told["subject"]
    (asked,) = [one for one in mailbox.to(PERSON["email"]) if one != letter]
    token = next(line for line in asked.get_content().split() if len(line) == TOKEN_LENGTH)
    assert customer.get("me").expect(200)["email_verified"] is False
    assert customer.post("auth/email-verifications/confirm", {"token": token}).status == 204
    assert customer.get("me").expect(200)["email_verified"] is True
    assert books.differences() == []

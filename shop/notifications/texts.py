"""What customers are told of their orders, and what people are told of their accounts."""

from typing import NamedTuple

from shop.customers.purposes import Purpose


class Text(NamedTuple):
    """A subject and a body."""

    subject: str
    body: str


# By the status that an order has now.
_TEXTS = {
    "pending": Text(
        "Order {order}: please pay",
        "Thank you for your order {order}. Its {total} are not paid yet.",
    ),
    "paid": Text("Order {order} is paid", "Thank you for your order {order}. We received {total}."),
    "processing": Text("Order {order} is being packed", "Your order {order} is being packed."),
    "shipped": Text("Order {order} is on its way", "Your order {order} has left our warehouse."),
    "delivered": Text("Order {order} has arrived", "Your order {order} has been delivered."),
    "returned": Text("Order {order} came back", "Your order {order} is back with us."),
    "cancelled": Text("Order {order} is cancelled", "Your order {order} is cancelled."),
    "failed": Text("Order {order} failed", "Your order {order} could not be carried out."),
}
_GIVEN_BACK = " You get back {amount}."
_UNPAID = " It was not paid in time."


def of_order(
    *, order_id: int, status: str, total: str, given_back: str | None = None, reason: str | None
) -> Text:
    """Return what a customer is told when an order gets a status; amounts with their currency."""
    subject, body = _TEXTS[status]
    if reason == "unpaid":
        body += _UNPAID
    if given_back is not None:
        body += _GIVEN_BACK
    values = {"order": order_id, "total": total, "amount": given_back}
    return Text(subject.format_map(values), body.format_map(values))


def of_refund(*, order_id: int, amount: str) -> Text:
    """Return what a customer is told when money of an order is given back."""
    return Text(
        f"Order {order_id}: money back",
        f"You get back {amount} of what you paid for order {order_id}.",
    )


# By what a token is for; `address` is where it is sent back to.
_TOKENS = {
    Purpose.PASSWORD_RESET: Text(
        "Choose a new password",
        "Somebody asked for a new password for your account {username}. If that was you, send this"
        " token with the new password to\n{address}\nwithin an hour:\n\n{token}\n\nIt works once."
        " If it was not you, do nothing: your password stays as it is.",
    ),
    Purpose.EMAIL_VERIFICATION: Text(
        "Is this your address?",
        "The account {username} gives this as its email address. If it is yours, send this token"
        " to\n{address}\nwithin three days:\n\n{token}\n\nIt works once. If you know nothing of"
        " that, do nothing.",
    ),
}
PASSWORD_CHANGED = Text(
    "Your password was changed",
    "The password of your account was changed, and its other logins have ended. If that was not"
    " you, ask for a new password at once.",
)


def of_token(*, purpose: Purpose, username: str, token: str, address: str) -> Text:
    """Return the letter with a token, which is sent back to `address`. For nobody else's eyes."""
    subject, body = _TOKENS[purpose]
    return Text(subject, body.format(username=username, token=token, address=address))

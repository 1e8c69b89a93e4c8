"""All that the shop has of one person, as one JSON document of any size, in little memory."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from api.serializers.carts import CartShape
from api.serializers.customers import CustomerShape
from api.serializers.jobs import render_job
from api.serializers.notifications import NotificationShape
from api.serializers.orders import PaymentShape
from api.views.orders import render as render_orders
from api.views.sessions import render as render_sessions
from shop.carts import selectors as carts
from shop.core.errors import NotFound
from shop.customers import logins
from shop.customers import selectors as customers
from shop.notifications import selectors as notifications
from shop.orders import selectors as orders
from shop.payments import selectors as payments
from tasks.engine import jobs

# How many rows are in memory at a time.
BATCH = 200
Row = TypeVar("Row", bound=Model)
Render = Callable[[Sequence[Any]], list[dict[str, Any]]]


def document(*, account_id: int, login_id: int) -> Iterator[str]:
    """Yield the pieces of a document of all that is kept of an account, as the API shows it.

    To be read to its end within a transaction. Passwords and tokens are not in it.
    """
    person = customers.me(account_id=account_id)
    yield f'{{"account": {_json(CustomerShape.render(person))}'
    user_id = person["user_id"]
    yield f', "cart": {_json(_cart(user_id))}'
    # Those who are no customers have none of these.
    mine = 0 if user_id is None else user_id
    yield from _list("orders", orders.orders(user_id=mine), render_orders)
    yield from _list("payments", payments.payments_of(user_id=mine), PaymentShape.render_many)
    told = notifications.notifications(user_id=mine)
    yield from _list("notifications", told, NotificationShape.render_many)
    started = jobs.listed(account_id=account_id)
    yield from _list("jobs", started, lambda found: [render_job(job) for job in found])
    open_logins = logins.open_logins(account_id=account_id)
    yield from _list("sessions", open_logins, lambda found: render_sessions(found, login_id))
    yield "}"


def _cart(user_id: int | None) -> dict[str, Any] | None:
    """Return the customer's cart, if there is one."""
    try:
        return CartShape.render(carts.cart(user_id=user_id)) if user_id is not None else None
    except NotFound:
        return None


def _list(name: str, rows: QuerySet[Row], render: Render) -> Iterator[str]:
    """Yield the pieces of a member that lists rows, newest first."""
    yield f', "{name}": ['
    separator = ""
    batch: list[Row] = []
    for row in rows.order_by("-pk").iterator(chunk_size=BATCH):
        batch.append(row)
        if len(batch) == BATCH:
            yield separator + _members(render(batch))
            separator, batch = ", ", []
    if batch:
        yield separator + _members(render(batch))
    yield "]"


def _members(found: list[dict[str, Any]]) -> str:
    """Return these as members of a list that others go on with."""
    return ", ".join(map(_json, found))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)

"""Buy what is in a cart (1.4.4): order, stock, payment, notification."""

from typing import TypedDict

from shop.carts.services import Line
from tasks.engine.links import register
from tasks.engine.workflow import Link, Step, Workflow
from tasks.steps import carts, inventory, orders
from tasks.workflows.payment import PAY


class CheckoutInput(TypedDict):
    """The cart's lines as they stood at the `202`; no method means: pay later."""

    user_id: int
    lines: list[Line]
    currency: str
    payment_method: str | None


CHECKOUT = register(
    Workflow(
        kind="checkout",
        input=CheckoutInput,
        secrets=("payment_token",),
        links=(
            Link(
                "orders",
                Step(name="place_order", do=orders.place, many=orders.place_all, undo=orders.close),
                Step(
                    name="reserve_stock",
                    do=inventory.reserve,
                    many=inventory.reserve_all,
                    undo=inventory.release,
                ),
            ),
            PAY,
        ),
        # The acceptance took the lines out of the cart.
        undo=carts.put_back,
        result=("order_id", "payment_id"),
    )
)

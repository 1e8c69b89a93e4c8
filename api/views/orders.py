"""Orders and their payments (1.5, 6)."""

from collections.abc import Sequence
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import PageQuery, page
from api.permissions import listed_user_id, reachable_user_id
from api.schema import answers, page_of
from api.serializers.orders import OrderQuery, OrderShape, PaymentShape
from api.views.base import View
from shop.orders import selectors as orders
from shop.payments import selectors as payments


def _render(found: Sequence[Any]) -> list[dict[str, Any]]:
    """Return orders as JSON, each with its latest payment."""
    paid = payments.latest(order_ids=[order.pk for order in found])
    return OrderShape.render_many(
        {
            "id": order.pk,
            "user_id": order.customer_id,
            "status": order.status,
            "lines": order.lines.all(),
            "total": order.total,
            "currency": order.currency,
            "ship_to": order,
            "payment": paid.get(order.pk),
            "job_id": order.job_id,
            "history": order.history.all(),
        }
        for order in found
    )


class OrdersView(View):
    """Orders."""

    query: ClassVar = OrderQuery

    @answers(page_of(OrderShape), summary="List orders")
    def get(self, request: Request) -> Response:
        """List orders, newest first: one's own, and for staff everybody's."""
        rows = orders.orders(
            user_id=listed_user_id(request, self.parameters.get("user_id")),
            status=self.parameters.get("status"),
        )
        return page(request, rows, order=("-id",), render=_render)


class OrderView(View):
    """One order."""

    @answers(OrderShape, summary="Track an order")
    def get(self, request: Request, order_id: int) -> Response:
        """Read an order with its lines, latest payment and history (3.3)."""
        order = orders.order(order_id=order_id, user_id=reachable_user_id(request))
        return Response(_render([order])[0])


class OrderPaymentsView(View):
    """The payments of an order."""

    query: ClassVar = PageQuery

    @answers(page_of(PaymentShape), summary="List an order's payments")
    def get(self, request: Request, order_id: int) -> Response:
        """List the payments of an order, newest first."""
        order = orders.order(order_id=order_id, user_id=reachable_user_id(request))
        rows = payments.payments(order_id=order.pk)
        return page(request, rows, order=("-id",), render=PaymentShape.render_many)


class PaymentView(View):
    """One payment."""

    @answers(PaymentShape, summary="Read a payment")
    def get(self, request: Request, payment_id: int) -> Response:
        """Read a payment."""
        found = payments.payment(payment_id=payment_id, user_id=reachable_user_id(request))
        return Response(PaymentShape.render(found))

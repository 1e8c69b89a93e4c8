"""Orders and their payments (1.5, 6)."""

from collections.abc import Sequence
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from api import conditional
from api.accepting import accept, asked
from api.pagination import PageQuery, page
from api.permissions import acting_for, listed_user_id, reachable_user_id, require, staff_who
from api.roles import MOVES, Operation
from api.schema import ETAG, IF_MATCH, answers, page_of, starts_job
from api.serializers.carts import PaymentForm
from api.serializers.orders import (
    OrderQuery,
    OrderShape,
    OrderUpdateForm,
    PaymentShape,
    RefundForm,
)
from api.views.base import View
from shop.core.errors import PreconditionFailed
from shop.inventory.services import CapacityExceeded, WarehouseInactive
from shop.orders import selectors as orders
from shop.orders.services import InvalidTransition
from shop.payments import selectors as payments
from shop.payments.providers import PaymentDeclined, PaymentTimeout
from shop.payments.services import OrderNotPayable, RefundExceedsPayment
from tasks.acceptance import orders as acceptance
from tasks.acceptance.orders import CANCELLED


def render(found: Sequence[Any]) -> list[dict[str, Any]]:
    """Return orders as JSON, each with its latest payment."""
    return [dict(view) for view in payments.order_views(found=map(orders.facts, found))]


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
        return page(request, rows, order=("-id",), render=render)


class OrderView(View):
    """One order."""

    @answers(OrderShape, summary="Track an order", headers=(ETAG,))
    def get(self, request: Request, order_id: int) -> Response:
        """Read an order with its lines, latest payment and history (3.3)."""
        user_id = reachable_user_id(request)
        # Before the order: of one that changes meanwhile the tag is too old, and never too new.
        version = payments.version(order_id=order_id, user_id=user_id)
        order = orders.order(order_id=order_id, user_id=user_id)
        return Response(render([order])[0], headers={"ETag": conditional.tag(version)})

    @starts_job(
        "order_update",
        OrderUpdateForm,
        summary="Update an order",
        headers=(IF_MATCH,),
        refuses=("forbidden", InvalidTransition),
        fails={
            "check_version": (PreconditionFailed,),
            "change_status": (InvalidTransition, CapacityExceeded, WarehouseInactive),
        },
    )
    def patch(self, request: Request, order_id: int) -> Response:
        """Start the job `order_update` (3.2); its customer may only cancel."""
        order = orders.order(order_id=order_id, user_id=reachable_user_id(request))
        status = OrderUpdateForm.parse(request)["status"]
        if status == CANCELLED:
            acting_for(request, order.customer_id, MOVES[status])
        else:
            require(request, MOVES[status])
        wanted = conditional.wanted(request)
        return accept(
            request,
            lambda key: acceptance.update(
                order_id=order_id, status=status, asked=asked(request, key), if_match=wanted
            ),
        )


class OrderPaymentsView(View):
    """The payments of an order."""

    query: ClassVar = PageQuery

    @answers(page_of(PaymentShape), summary="List an order's payments")
    def get(self, request: Request, order_id: int) -> Response:
        """List the payments of an order, newest first."""
        order = orders.order(order_id=order_id, user_id=reachable_user_id(request))
        rows = payments.payments(order_id=order.pk)
        return page(request, rows, order=("-id",), render=PaymentShape.render_many)

    @starts_job(
        "payment",
        PaymentForm,
        summary="Pay an order",
        headers=(IF_MATCH,),
        refuses=("forbidden", OrderNotPayable),
        fails={
            "check_version": (PreconditionFailed,),
            "take_payment": (PaymentDeclined, PaymentTimeout),
        },
    )
    def post(self, request: Request, order_id: int) -> Response:
        """Start the job `payment`; declined, another card may be tried (6)."""
        order = orders.order(order_id=order_id, user_id=reachable_user_id(request))
        acting_for(request, order.customer_id, Operation.PAY_ORDER)
        form = PaymentForm.parse(request)
        wanted = conditional.wanted(request)
        return accept(
            request,
            lambda key: acceptance.pay(
                order_id=order_id, asked=asked(request, key), if_match=wanted, **form
            ),
        )


class OrderRefundsView(View):
    """The refunds of an order."""

    permission_classes = (staff_who(Operation.REFUND_ORDER),)

    @starts_job(
        "refund",
        RefundForm,
        summary="Give money back",
        headers=(IF_MATCH,),
        refuses=(acceptance.AmountTooFine, RefundExceedsPayment),
        fails={
            "check_version": (PreconditionFailed,),
            "plan_refund": (RefundExceedsPayment,),
        },
    )
    def post(self, request: Request, order_id: int) -> Response:
        """Start the job `refund`, of all that is left where no amount is given (6)."""
        orders.order(order_id=order_id)
        form = RefundForm.parse(request)
        wanted = conditional.wanted(request)
        return accept(
            request,
            lambda key: acceptance.refund(
                order_id=order_id,
                amount=form.get("amount"),
                asked=asked(request, key),
                if_match=wanted,
            ),
        )


class PaymentView(View):
    """One payment."""

    @answers(PaymentShape, summary="Read a payment")
    def get(self, request: Request, payment_id: int) -> Response:
        """Read a payment."""
        found = payments.payment(payment_id=payment_id, user_id=reachable_user_id(request))
        return Response(PaymentShape.render(found))

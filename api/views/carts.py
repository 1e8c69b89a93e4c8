"""Carts and checkouts (1.4)."""

from rest_framework.request import Request
from rest_framework.response import Response

from api import conditional
from api.accepting import accept, request_id
from api.permissions import account_id, acting_for, customer_id, own_user_id
from api.roles import Operation
from api.schema import ETAG, IF_MATCH, answers, starts_job
from api.serializers.base import Nothing
from api.serializers.carts import CartItemForm, CartQuantityForm, CartShape, CheckoutForm
from api.views.base import View
from shop.carts import selectors
from shop.carts import services as carts
from shop.core import money
from shop.customers import selectors as customers
from shop.inventory.services import InsufficientStock, UnknownProduct, WarehouseInactive
from shop.payments.providers import PaymentDeclined, PaymentTimeout
from tasks.engine import jobs
from tasks.engine.jobs import Idempotency
from tasks.engine.models import Job
from tasks.workflows.checkout import CHECKOUT


def _account_of(request: Request, user_id: int) -> int:
    """Return the account of the customer for whom the request is, mostly the caller's own."""
    if customer_id(request) == user_id:
        return account_id(request)
    return customers.account_id(user_id=user_id)


def _cart(user_id: int) -> Response:
    cart = selectors.cart(user_id=user_id)
    return Response(CartShape.render(cart), headers={"ETag": conditional.tag(cart.version)})


class CartView(View):
    """A cart."""

    @answers(CartShape, summary="Look at a cart", headers=(ETAG,))
    def get(self, request: Request, user_id: int) -> Response:
        """Read a cart, at today's prices (5.4)."""
        return _cart(own_user_id(request, user_id))


class CartItemsView(View):
    """What is in a cart."""

    @answers(
        CartShape,
        CartItemForm,
        summary="Add to a cart",
        headers=(ETAG, IF_MATCH),
        refuses=("forbidden", UnknownProduct, carts.CartLineFull),
    )
    def post(self, request: Request, user_id: int) -> Response:
        """Add copies of a product, beside those that are there (5.2)."""
        user_id = acting_for(request, user_id, Operation.CHANGE_CART)
        form = CartItemForm.parse(request)
        carts.add_item(user_id=user_id, **form, if_match=conditional.wanted(request))
        return _cart(user_id)

    @answers(CartShape, summary="Empty a cart", headers=(ETAG, IF_MATCH), refuses=("forbidden",))
    def delete(self, request: Request, user_id: int) -> Response:
        """Take everything out of a cart (5.5)."""
        user_id = acting_for(request, user_id, Operation.CHANGE_CART)
        Nothing.parse(request)
        carts.empty(user_id=user_id, if_match=conditional.wanted(request))
        return _cart(user_id)


class CartItemView(View):
    """One product in a cart."""

    @answers(
        CartShape,
        CartQuantityForm,
        summary="Set a line of a cart",
        headers=(ETAG, IF_MATCH),
        refuses=("forbidden",),
    )
    def put(self, request: Request, user_id: int, product_id: int) -> Response:
        """Have exactly so many copies, whether or not there were any; 0 removes the line."""
        user_id = acting_for(request, user_id, Operation.CHANGE_CART)
        form = CartQuantityForm.parse(request)
        carts.set_item(
            user_id=user_id,
            product_id=product_id,
            quantity=form["quantity"],
            if_match=conditional.wanted(request),
        )
        return _cart(user_id)


class CartRemovalsView(View):
    """What is taken out of a cart."""

    @answers(
        CartShape,
        CartItemForm,
        summary="Remove from a cart",
        headers=(ETAG, IF_MATCH),
        refuses=("forbidden", UnknownProduct, carts.NotInCart),
    )
    def post(self, request: Request, user_id: int) -> Response:
        """Remove copies of a product; at none the line goes (5.3)."""
        user_id = acting_for(request, user_id, Operation.CHANGE_CART)
        form = CartItemForm.parse(request)
        carts.remove_item(user_id=user_id, **form, if_match=conditional.wanted(request))
        return _cart(user_id)


class CheckoutsView(View):
    """Checkouts."""

    @starts_job(
        "checkout",
        CheckoutForm,
        summary="Buy what is in a cart",
        headers=(IF_MATCH,),
        refuses=("forbidden", carts.CartEmpty, carts.PriceChanged, carts.ProductUnavailable),
        fails={
            "reserve_stock": (InsufficientStock, WarehouseInactive),
            "take_payment": (PaymentDeclined, PaymentTimeout),
        },
    )
    def post(self, request: Request) -> Response:
        """Start the job `checkout` with the cart's lines, which leave the cart with the `202`."""
        form = CheckoutForm.parse(request)
        user_id = acting_for(request, form["user_id"], Operation.CHECK_OUT)
        payment = form.get("payment")
        caller = account_id(request)
        if_match = conditional.wanted(request)

        def begin(key: Idempotency | None) -> Job:
            lines = carts.take_lines(
                user_id=user_id, expected_total=form.get("expected_total"), if_match=if_match
            )
            return jobs.start(
                CHECKOUT,
                input={
                    "user_id": user_id,
                    "lines": lines,
                    "currency": money.currency(),
                    "payment_method": payment["method"] if payment else None,
                },
                secrets={"payment_token": payment["token"]} if payment else None,
                owner_id=caller,
                beneficiary_id=_account_of(request, user_id),
                request_id=request_id(request),
                idempotency=key,
            )

        return accept(request, begin)

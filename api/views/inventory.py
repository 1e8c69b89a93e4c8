"""The warehouse (1.3)."""

from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from api import conditional
from api.accepting import accept, request_id
from api.pagination import page
from api.permissions import IsStaff, account_id, staff_who
from api.roles import Operation
from api.schema import ETAG, IF_MATCH, answers, page_of, starts_job
from api.serializers.inventory import (
    GoodsForm,
    ItemQuery,
    ItemShape,
    MovementQuery,
    MovementShape,
    WarehouseForm,
    WarehouseShape,
)
from api.views.base import View
from shop.core.errors import PreconditionFailed
from shop.inventory import selectors
from shop.inventory import services as inventory
from tasks.engine import jobs
from tasks.engine.jobs import Idempotency
from tasks.engine.models import Job
from tasks.engine.workflow import Workflow
from tasks.workflows.capacity_check import CAPACITY_CHECK
from tasks.workflows.goods_receipt import GOODS_RECEIPT
from tasks.workflows.goods_withdrawal import GOODS_WITHDRAWAL
from tasks.workflows.inventory_setup import INVENTORY_SETUP


class InventoryView(View):
    """The warehouse."""

    permission_classes = (staff_who(Operation.UPDATE_WAREHOUSE),)

    @answers(WarehouseShape, summary="Look at the warehouse", headers=(ETAG,))
    def get(self, request: Request) -> Response:  # noqa: ARG002 (all staff see the same)
        """Read the warehouse's settings and how full it is (8.4)."""
        house = selectors.warehouse()
        tag = conditional.tag(selectors.version(house=house))
        return Response(WarehouseShape.render(house), headers={"ETag": tag})

    @starts_job(
        "inventory_setup",
        WarehouseForm,
        summary="Set up or update the warehouse",
        headers=(IF_MATCH,),
        fails={"set_up_warehouse": (inventory.CapacityBelowStock, PreconditionFailed)},
    )
    def patch(self, request: Request) -> Response:
        """Start the job `inventory_setup` (8.1, 8.2)."""
        form = WarehouseForm.parse(request)
        capacity = {
            "book": form.get("book_quantity"),
            "clothes": form.get("clothes_quantity"),
            "electronics": form.get("electronic_quantity"),
        }
        settings = {
            "address": form.get("address"),
            "status": form.get("status"),
            "capacity": {kind: n for kind, n in capacity.items() if n is not None},
            "if_match": conditional.wanted(request),
        }

        def begin(key: Idempotency | None) -> Job:
            conditional.check(request, selectors.version())
            return _start(request, INVENTORY_SETUP, settings, key)

        return accept(request, begin)


class GoodsView(View):
    """A job about so many copies of a product; whose it is, each says."""

    workflow: ClassVar[Workflow]

    def post(self, request: Request) -> Response:
        """Start the view's job."""
        form = GoodsForm.parse(request)

        def begin(key: Idempotency | None) -> Job:
            inventory.require_product(product_id=form["product_id"])
            return _start(request, self.workflow, form, key)

        return accept(request, begin)


@starts_job(
    "goods_receipt",
    GoodsForm,
    summary="Add goods",
    refuses=(inventory.UnknownProduct,),
    fails={
        "check_capacity": (inventory.CapacityExceeded, inventory.WarehouseInactive),
        "receive_goods": (inventory.CapacityExceeded, inventory.WarehouseInactive),
    },
)
class ReceiptsView(GoodsView):
    """Goods that come: the job `goods_receipt` (8.6, 8.3)."""

    permission_classes = (staff_who(Operation.RECEIVE_GOODS),)
    workflow = GOODS_RECEIPT


@starts_job(
    "goods_withdrawal",
    GoodsForm,
    summary="Remove goods",
    refuses=(inventory.UnknownProduct,),
    fails={"withdraw_goods": (inventory.InsufficientStock,)},
)
class WithdrawalsView(GoodsView):
    """Goods that go: the job `goods_withdrawal` (8.5)."""

    permission_classes = (staff_who(Operation.WITHDRAW_GOODS),)
    workflow = GOODS_WITHDRAWAL


@starts_job(
    "capacity_check",
    GoodsForm,
    summary="Check how much room is left",
    refuses=(inventory.UnknownProduct,),
)
class CapacityChecksView(GoodsView):
    """Whether goods would fit: the job `capacity_check` (8.6)."""

    permission_classes = (staff_who(Operation.CHECK_CAPACITY),)
    workflow = CAPACITY_CHECK


class ItemsView(View):
    """What is in stock."""

    permission_classes = (IsStaff,)
    query: ClassVar = ItemQuery

    @answers(page_of(ItemShape), summary="List what is in stock")
    def get(self, request: Request) -> Response:
        """List stock by product, newest product first."""
        rows = selectors.items(product_id=self.parameters.get("product_id"))
        return page(request, rows, order=("-product_id",), render=ItemShape.render_many)


class MovementsView(View):
    """The warehouse's ledger."""

    permission_classes = (IsStaff,)
    query: ClassVar = MovementQuery

    @answers(page_of(MovementShape), summary="List what came, went and was promised")
    def get(self, request: Request) -> Response:
        """List the ledger's lines, newest first; the changes of a product add up to its stock."""
        rows = selectors.movements(
            product_id=self.parameters.get("product_id"),
            order_id=self.parameters.get("order_id"),
            why=self.parameters.get("why"),
        )
        return page(request, rows, order=("-id",), render=MovementShape.render_many)


def _start(
    request: Request, workflow: Workflow, given: dict[str, Any], key: Idempotency | None
) -> Job:
    return jobs.start(
        workflow,
        input=given,
        owner_id=account_id(request),
        request_id=request_id(request),
        idempotency=key,
    )

"""Add goods (1.3.2): 8.6, then 8.3."""

from typing import TypedDict

from tasks.engine.links import register
from tasks.engine.workflow import Link, Step, Workflow
from tasks.steps import inventory


class GoodsReceiptInput(TypedDict):
    """Which goods."""

    product_id: int
    quantity: int


GOODS_RECEIPT = register(
    Workflow(
        kind="goods_receipt",
        input=GoodsReceiptInput,
        links=(
            Link(
                "inventory",
                Step(name="check_capacity", do=inventory.require_capacity),
                Step(name="receive_goods", do=inventory.receive, pivot=True),
            ),
        ),
        result="item",
    )
)

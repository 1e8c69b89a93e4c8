"""Remove goods (1.3.3): 8.5."""

from typing import TypedDict

from tasks.engine.links import register
from tasks.engine.workflow import Link, Step, Workflow
from tasks.steps import inventory


class GoodsWithdrawalInput(TypedDict):
    """Which goods."""

    product_id: int
    quantity: int


GOODS_WITHDRAWAL = register(
    Workflow(
        kind="goods_withdrawal",
        input=GoodsWithdrawalInput,
        links=(Link("inventory", Step(name="withdraw_goods", do=inventory.withdraw, pivot=True)),),
        result="item",
    )
)

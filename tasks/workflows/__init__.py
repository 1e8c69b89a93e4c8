"""One workflow a file, each on one screen; importing this package registers them all."""

from tasks.workflows.capacity_check import CAPACITY_CHECK
from tasks.workflows.checkout import CHECKOUT
from tasks.workflows.goods_receipt import GOODS_RECEIPT
from tasks.workflows.goods_withdrawal import GOODS_WITHDRAWAL
from tasks.workflows.inventory_setup import INVENTORY_SETUP
from tasks.workflows.notification import NOTIFICATION
from tasks.workflows.registration import REGISTRATION

__all__ = [
    "CAPACITY_CHECK",
    "CHECKOUT",
    "GOODS_RECEIPT",
    "GOODS_WITHDRAWAL",
    "INVENTORY_SETUP",
    "NOTIFICATION",
    "REGISTRATION",
]

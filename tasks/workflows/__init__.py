"""One workflow a file, each on one screen; importing this package registers them all."""

from tasks.workflows.abandoned_carts import ABANDONED_CARTS
from tasks.workflows.account_deletion import ACCOUNT_DELETION
from tasks.workflows.capacity_check import CAPACITY_CHECK
from tasks.workflows.checkout import CHECKOUT
from tasks.workflows.clean_up import CLEAN_UP
from tasks.workflows.daily_report import DAILY_REPORT
from tasks.workflows.email_verification import EMAIL_VERIFICATION
from tasks.workflows.goods_receipt import GOODS_RECEIPT
from tasks.workflows.goods_withdrawal import GOODS_WITHDRAWAL
from tasks.workflows.inventory_setup import INVENTORY_SETUP
from tasks.workflows.late_payment import LATE_PAYMENT
from tasks.workflows.low_stock import LOW_STOCK
from tasks.workflows.notification import NOTIFICATION
from tasks.workflows.order_update import ORDER_UPDATE
from tasks.workflows.password_reset import PASSWORD_RESET
from tasks.workflows.password_reset_letter import PASSWORD_RESET_LETTER
from tasks.workflows.payment import PAYMENT
from tasks.workflows.refund import REFUND
from tasks.workflows.registration import REGISTRATION
from tasks.workflows.sandbox_webhook import SANDBOX_WEBHOOK
from tasks.workflows.unpaid_orders import UNPAID_ORDERS
from tasks.workflows.verification import VERIFICATION

__all__ = [
    "ABANDONED_CARTS",
    "ACCOUNT_DELETION",
    "CAPACITY_CHECK",
    "CHECKOUT",
    "CLEAN_UP",
    "DAILY_REPORT",
    "EMAIL_VERIFICATION",
    "GOODS_RECEIPT",
    "GOODS_WITHDRAWAL",
    "INVENTORY_SETUP",
    "LATE_PAYMENT",
    "LOW_STOCK",
    "NOTIFICATION",
    "ORDER_UPDATE",
    "PASSWORD_RESET",
    "PASSWORD_RESET_LETTER",
    "PAYMENT",
    "REFUND",
    "REGISTRATION",
    "SANDBOX_WEBHOOK",
    "UNPAID_ORDERS",
    "VERIFICATION",
]

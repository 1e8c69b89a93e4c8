"""Which operation an answer leads to, and with what of it: OpenAPI's links.

Programs that try the API follow them, and so do people.
"""

from typing import Any

# What a link takes from an answer's body.
Taken = dict[str, str]
ID = "$response.body#/id"
USER_ID = "$response.body#/user_id"
FIRST = "$response.body#/results/0"
ORDER_ID = "$response.body#/result/order_id"
PAYMENT_ID = "$response.body#/result/payment_id"

FOLLOW = ("get_jobs_by_job_id", {"job_id": ID})
CANCEL = ("post_jobs_by_job_id_cancel", {"job_id": ID})
OF_AN_ORDER = (
    "get_orders_by_order_id",
    "patch_orders_by_order_id",
    "get_orders_by_order_id_payments",
    "post_orders_by_order_id_payments",
    "post_orders_by_order_id_refunds",
)
OF_A_CART = (
    "get_carts_by_user_id",
    "post_carts_by_user_id_items",
    "delete_carts_by_user_id_items",
    "post_carts_by_user_id_removals",
)


def _to(names: tuple[str, ...], **taken: str) -> list[tuple[str, Taken]]:
    """Return links to several operations that take the same."""
    return [(name, taken) for name in names]


def _thing(path: str, key: str, where: str) -> list[tuple[str, Taken]]:
    """Return links to what reads and removes one thing of a list."""
    return _to((f"get_{path}_by_{key}", f"delete_{path}_by_{key}"), **{key: where})


# By operation and status: the operations that an answer leads to, and the parameters they get.
LINKS: dict[str, dict[int, list[tuple[str, Taken]]]] = {
    "get_me": {
        200: [
            *_to(
                ("get_customers_by_user_id", "patch_customers_by_user_id", *OF_A_CART),
                user_id=USER_ID,
            ),
            *_to(("get_orders", "get_notifications"), user_id=USER_ID),
            ("delete_accounts_by_account_id", {"account_id": "$response.body#/account_id"}),
        ]
    },
    **{
        f"get_{path}": {200: _thing(path, key, f"{FIRST}/id")}
        for path, key in (
            *(("authors", "author_id"), ("categories", "category_id"), ("books", "book_id")),
            *(("electronics", "product_id"), ("clothes", "product_id")),
        )
    },
    **{
        f"post_{path}": {201: _thing(path, key, ID)}
        for path, key in (
            *(("authors", "author_id"), ("categories", "category_id"), ("books", "book_id")),
            *(("electronics", "product_id"), ("clothes", "product_id")),
        )
    },
    "get_carts_by_user_id": {
        200: [
            *_to(OF_A_CART[1:], user_id=USER_ID),
            (
                "put_carts_by_user_id_items_by_product_id",
                {"user_id": USER_ID, "product_id": "$response.body#/items/0/product_id"},
            ),
        ]
    },
    "post_carts_by_user_id_items": {200: _to(OF_A_CART, user_id=USER_ID)},
    "post_checkouts": {
        200: [
            *_to(OF_AN_ORDER, order_id=ORDER_ID),
            ("get_payments_by_payment_id", {"payment_id": PAYMENT_ID}),
        ]
    },
    "post_orders_by_order_id_payments": {
        200: [("get_payments_by_payment_id", {"payment_id": PAYMENT_ID})]
    },
    "get_orders": {200: _to(OF_AN_ORDER, order_id=f"{FIRST}/id")},
    "get_orders_by_order_id": {
        200: [
            *_to(OF_AN_ORDER[1:], order_id=ID),
            ("get_jobs_by_job_id", {"job_id": "$response.body#/job_id"}),
            ("get_payments_by_payment_id", {"payment_id": "$response.body#/payment/id"}),
        ]
    },
    "get_orders_by_order_id_payments": {
        200: [("get_payments_by_payment_id", {"payment_id": f"{FIRST}/id"})]
    },
    "get_payments_by_payment_id": {
        200: [("get_orders_by_order_id", {"order_id": "$response.body#/order_id"})]
    },
    "get_auth_sessions": {
        200: [("delete_auth_sessions_by_session_id", {"session_id": f"{FIRST}/id"})]
    },
    "get_notifications": {
        200: [
            (
                "post_notifications_by_notification_id_read",
                {"notification_id": f"{FIRST}/id"},
            )
        ]
    },
    "get_jobs": {
        200: [
            ("get_jobs_by_job_id", {"job_id": f"{FIRST}/id"}),
            ("post_jobs_by_job_id_cancel", {"job_id": f"{FIRST}/id"}),
            ("post_jobs_by_job_id_resume", {"job_id": f"{FIRST}/id"}),
        ]
    },
}


def of(operation_id: str, status: int, *, is_job: bool) -> dict[str, Any]:
    """Return the links of one answer; that of a job leads to the job."""
    found = [*([FOLLOW, CANCEL] if is_job else []), *LINKS.get(operation_id, {}).get(status, [])]
    return {
        name: {"operationId": name, "parameters": parameters}
        for name, parameters in found
        if name != operation_id
    }

"""The parameters of paths, by how the table of addresses reads them."""

from typing import Any

from api.serializers.fields import MAX_BIGINT

SCHEMAS = {
    "id": {"type": "integer", "minimum": 1, "maximum": MAX_BIGINT},
    "job": {"type": "string", "format": "uuid"},
    "str": {"type": "string", "pattern": "^[^/]+$"},
}
ABOUT = {
    "user_id": "A customer; who one is oneself is in `GET /me`.",
    "account_id": "An account; one's own is in `GET /me`. It is not the `user_id`.",
    "author_id": "An author, as `GET /authors` lists them.",
    "category_id": "A category, as `GET /categories` lists them.",
    "book_id": "A book, as `GET /books` lists them.",
    "product_id": "A product of any kind: the `id` of a book is its `product_id`.",
    "order_id": "An order, as `GET /orders` lists them.",
    "payment_id": "A payment, as the order has it.",
    "notification_id": "A notification, as `GET /notifications` lists them.",
    "job_id": "A job: the `id` in the answer of what started it.",
    "session_id": "A login, as `GET /auth/sessions` lists them.",
    "provider": "A payment provider, such as `sandbox`.",
}


def parameter(name: str, kind: str) -> dict[str, Any]:
    """Return a parameter that a converter of this kind reads."""
    found = {"in": "path", "name": name, "required": True, "schema": SCHEMAS[kind]}
    return {**found, "description": ABOUT[name]} if name in ABOUT else found

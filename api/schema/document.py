"""The document as a whole: its introduction, its parts that operations share, its order."""

from typing import Any

from api.schema import headers, tags

INTRODUCTION = """
**How to buy a book, here in the page**

1. `POST /registrations`, then `POST /auth/login`. Swagger's page (`/api/docs`) keeps the `access`
   token and sends it from then on; another one can be given to *Authorize*.
2. It lasts 15 minutes; `POST /auth/refresh` gives the next pair.
3. `GET /me` says which `user_id` and `account_id` you have.
4. `GET /books?search_term=…`, then `POST /carts/{user_id}/items`: `product_id` is the book's `id`.
5. `POST /checkouts` with your `user_id` and the token `tok_ok`; in `Prefer` write `wait=10`.
6. `GET /orders` has the order, `GET /notifications` what you were told.

**What holds everywhere**

- **Jobs.** What changes more than one thing is a job: the answer is `202` with its `id`. Follow it
  with `GET /jobs/{job_id}` until its `state` is `succeeded`, `failed` or `cancelled`.
- **`Prefer: wait=N`** answers with the finished job instead, if it ends within N seconds (30 at
  most). That is `200` also where the job has failed: look at `state`, and then at `error`.
- **Money** is a decimal string, such as `"125000"` or `"12.50"`; a body may hold an integer too.
- **`Idempotency-Key`** makes it safe to send a request again: it starts one job, and the answer is
  the same one. Another request with the same key is `idempotency_key_reused`.
- **Versions.** `ETag` names the version of a cart, an order or the warehouse; `If-Match` changes it
  only if it is still so, and is `precondition_failed` otherwise.
- **Lists** come a page at a time, `?page_size=` of up to 100; `next` leads to the following page.
- **Paying.** Nothing here moves money; the token of a payment decides what happens: `tok_ok`,
  `tok_declined`, `tok_insufficient_funds`, `tok_flaky`, `tok_timeout`, and `tok_redirect`, with
  which the job waits until somebody has decided on the page at its `action.url`.
- **Stock.** A new product has none: nobody can buy it until `POST /inventory/receipts`.
- **Errors** are `application/problem+json` with a stable `code`, such as `invalid_input` (`errors`
  names the fields), `not_authenticated`, `not_found`, `cart_empty`, `insufficient_stock`,
  `payment_declined`, `invalid_transition`, `orders_open`, `precondition_failed` and
  `too_many_requests` (see `Retry-After`). Each operation below names its own; all of them are in
  `docs/errors.md`.
- **Rates.** `RateLimit-Policy` says how many requests a caller may send, `RateLimit` how many are
  left. **`X-Request-ID`** is taken or made, and names the request in every line of the log.
"""


def finish(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Give the API its introduction, and put what operations share where they share it.

    drf-spectacular calls this at the end.
    """
    result["info"]["description"] += f"\n{INTRODUCTION}"
    result["tags"] = tags.described()
    components = result["components"]
    components["headers"] = headers.ANSWERED
    components["responses"] = _shared_answers(result["paths"])
    _remove_marks(result)
    return result


def _shared_answers(paths: dict[str, Any]) -> dict[str, Any]:
    """Replace the error answers of all operations by references, and return them by name."""
    shared: dict[str, Any] = {}
    for operations in paths.values():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                name = answer.pop("x-name", None)
                # One whose sentence is another, such as that of a refresh token, stays where it is.
                if name and shared.setdefault(name, answer) == answer:
                    operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}
    return dict(sorted(shared.items()))


def _remove_marks(node: Any) -> None:
    """Remove what drf-spectacular leaves for a hook that names enumerations; ours have none."""
    if isinstance(node, dict):
        node.pop("x-spec-enum-id", None)
    for inner in (
        node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        _remove_marks(inner)

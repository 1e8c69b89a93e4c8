"""How the API describes itself (OpenAPI 3.1), and the decorators with which views help.

`@starts_job("checkout", CheckoutForm, summary="Buy …")` describes an operation whose answer is a
job, `@answers(CartShape, ItemForm, summary="Add …")` any other, `@answers(page_of(BookShape), …)` a
list. `headers=(ETAG, IF_MATCH)` names the headers that not all have, `refuses=(CartEmpty, …)` what
the operation may be refused for beside what `refusals.py` knows of itself, and `fails=(…)` what a
job may fail for later.
"""

from api.schema.decorators import answers, page_of, starts_job
from api.schema.headers import ETAG, IF_MATCH, PREFER

__all__ = ["ETAG", "IF_MATCH", "PREFER", "answers", "page_of", "starts_job"]

"""The sandbox's page, on which a customer pays, or does not. It is no part of the API."""

from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from shop.core import money
from shop.core.errors import NotFound
from shop.payments.sandbox import pages
from shop.payments.sandbox.pages import Page
from tasks.engine import jobs
from tasks.workflows import SANDBOX_WEBHOOK


# Who comes here has no session that a forged form could use: to know the address is all it takes.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def payment_page(request: HttpRequest, page_id: UUID) -> HttpResponse:
    """Show a charge, and take the customer's decision: `outcome=paid` or `outcome=declined`."""
    try:
        if request.method != "POST":
            return _show(request, pages.page(page_id=page_id))
        given = request.POST.getlist("outcome")
        if len(given) != 1 or given[0] not in pages.OUTCOMES:
            return _show(request, pages.page(page_id=page_id), status=422)
        return _show(request, _decide(request, page_id, given[0]))
    except NotFound:
        raise Http404 from None


def _decide(request: HttpRequest, page_id: UUID, outcome: str) -> Page:
    """Take the decision; of several the first one counts, and the sandbox tells of it once."""
    with transaction.atomic():
        page, is_news = pages.decide(page_id=page_id, outcome=outcome)
        if is_news:
            jobs.start(
                SANDBOX_WEBHOOK,
                input={"entry_id": page.entry_id},
                request_id=str(getattr(request, "request_id", "")),
            )
    return page


def _show(request: HttpRequest, page: Page, *, status: int = 200) -> HttpResponse:
    amount = money.text(page.amount, page.currency)
    context = {"page": page, "amount": f"{amount} {page.currency}", "is_wrong": status != 200}
    return render(request, "api/sandbox.html", context, status=status)

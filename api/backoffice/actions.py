"""What staff can do from the back office: each is one call that the API makes, too."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from api.roles import Operation
from shop.core.errors import ShopError
from tasks.acceptance.asked import Asked
from tasks.engine.models import Job

# As many as a list shows.
MOST_AT_ONCE = 50

# What is done with one row, in a transaction of its own: the job that it started, if any.
Do = Callable[[HttpRequest, Any], Job | None]
Fits = Callable[[Any], bool]


class Button(NamedTuple):
    """An action on the page of one row."""

    name: str
    title: str
    danger: bool


def asked(request: HttpRequest) -> Asked:
    """Return who asks: somebody of the staff, with the id of this request."""
    return Asked(account_id=request.user.pk, request_id=str(getattr(request, "request_id", "")))


def _fits_all(row: Any) -> bool:  # noqa: ARG001
    return True


def action(
    title: str,
    operation: Operation,
    *,
    name: str = "",
    sure: str = "",
    fits: Fits = _fits_all,
) -> Callable[[Do], Any]:
    """Make an action of a list, and a button of each row's page, of what is done with one row.

    It is for those who may do this `operation`. `name` is the function's own where it is left out.
    `sure` is what to consider first: with it, nothing is done until that is confirmed. The button
    is there for rows that `fits` allows; what is refused all the same, is told.
    """

    def decorate(do: Do) -> Any:
        def act(page: Any, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
            chosen = list(rows[: MOST_AT_ONCE + 1])
            if len(chosen) > MOST_AT_ONCE:
                messages.error(request, f"Choose {MOST_AT_ONCE} at most.")
                return None
            if sure and "confirmed" not in request.POST:
                return _ask(page, request, chosen, name=act.__name__, title=title, sure=sure)
            for row in chosen:
                _do(do, request, row)
            return _back(page, request, chosen)

        act.__name__, act.__doc__ = name or do.__name__, do.__doc__
        vars(act).update(short_description=title, operation=operation, fits=fits, sure=sure)
        return act

    return decorate


def buttons(actions: Mapping[str, Any], row: Any) -> list[Button]:
    """Return the buttons on the page of this row."""
    return [
        Button(name, title, bool(function.sure))
        for name, (function, _, title) in actions.items()
        if hasattr(function, "fits") and function.fits(row)
    ]


def _do(do: Do, request: HttpRequest, row: Any) -> None:
    """Do it with one row, and say what came of it."""
    try:
        with transaction.atomic():
            job = do(request, row)
    except ShopError as error:
        messages.error(request, f"{row}: {error.detail}")
        return
    if job is None:
        messages.success(request, f"{row}: done.")
        return
    address = reverse("admin:jobs_job_change", args=(job.pk,))
    link = format_html('<a href="{}" class="underline">job {}</a>', address, job.pk)
    messages.success(request, format_html("{}: {}, {}.", row, link, job.kind.replace("_", " ")))


def _ask(
    page: Any, request: HttpRequest, chosen: list[Any], *, name: str, title: str, sure: str
) -> HttpResponse:
    """Return the page that asks whether this is meant."""
    context = {
        **page.admin_site.each_context(request),
        "title": f"{title}?",
        "opts": page.opts,
        "media": page.media,
        "sure": sure,
        "chosen": chosen,
        "action": name,
        "action_title": title,
        "checkbox": ACTION_CHECKBOX_NAME,
        "on_page": "on_page" in request.POST,
    }
    return TemplateResponse(request, "backoffice/confirm.html", context)


def _back(page: Any, request: HttpRequest, chosen: list[Any]) -> HttpResponse | None:
    """Return to the row's page if it was done there; None leads to the list."""
    if "on_page" not in request.POST or len(chosen) != 1:
        return None
    where = f"admin:{page.opts.app_label}_{page.opts.model_name}_change"
    return redirect(where, chosen[0].pk)

"""The site that the back office's pages stand on."""

from typing import TYPE_CHECKING, Any

from django.contrib.admin import AdminSite
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from rest_framework.exceptions import Throttled

from api.backoffice.dashboard import figures
from api.throttling import Throttle
from api.views.errors import too_many_requests
from shop.customers.guessing import TooManyAttempts

if TYPE_CHECKING:
    # Untyped, and so not for the type checker.
    _Site = AdminSite
else:
    from unfold.sites import UnfoldAdminSite as _Site


class Site(_Site):
    """Django's admin as unfold draws it."""

    index_template = "backoffice/index.html"
    index_title = "Back office"
    # Logins are counted here as the API's are, and together with them.
    throttle = "login"

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Return what every page has; in place of the link to a new password, one that leads on."""
        links = [{"title": "API", "link": "/api/docs"}]
        return {**super().each_context(request), "account_links": links}

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show how the jobs are, and every table."""
        return super().index(request, {"figures": figures(), **(extra_context or {})})

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the form, or take it: so many times a minute, and wrong ones ever more slowly."""
        # To count by address, it needs nothing that only REST framework's requests have.
        counter: Any = Throttle()
        if request.method == "POST" and not counter.allow_request(request, self):
            return too_many_requests(request, Throttled(wait=counter.wait()))
        try:
            return super().login(request, extra_context)
        except TooManyAttempts as error:
            return too_many_requests(request, error)

    def password_change(
        self,
        request: HttpRequest,  # noqa: ARG002
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> TemplateResponse:
        """Lead nowhere: `manage.py ensure_admin` sets the passwords of staff."""
        raise Http404

    def password_change_done(
        self,
        request: HttpRequest,  # noqa: ARG002
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> TemplateResponse:
        """Lead nowhere, as above."""
        raise Http404

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """Answer what a field offers. Raises BadRequest for what no text can hold."""
        if "\0" in request.GET.get("term", ""):
            raise BadRequest("No text holds this character.")
        return super().autocomplete_view(request)

    def search(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002
        """Lead nowhere: no page asks for unfold's search over the names of tables."""
        raise Http404

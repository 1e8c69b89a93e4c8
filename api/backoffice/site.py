"""The site that the back office's pages stand on."""

from typing import TYPE_CHECKING, Any

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from api.backoffice.dashboard import figures

if TYPE_CHECKING:
    # Untyped, and so not for the type checker.
    _Site = AdminSite
else:
    from unfold.sites import UnfoldAdminSite as _Site


class Site(_Site):
    """Django's admin as unfold draws it."""

    index_template = "backoffice/index.html"
    index_title = "Back office"

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show how the jobs are, and every table."""
        return super().index(request, {"figures": figures(), **(extra_context or {})})

    def search(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002
        """Lead nowhere: no page asks for unfold's search over the names of tables."""
        raise Http404

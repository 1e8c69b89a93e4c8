"""Every address of the shop: the API's are in `api/urls.py`."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from api.views import pages, sandbox

urlpatterns = [
    path("", pages.index),
    path("api/v1/", include("api.urls")),
    path("api/schema", pages.schema),
    path("api/docs", pages.docs),
    path("api/redoc", pages.redoc),
    path("livez", pages.livez),
    path("readyz", pages.readyz),
    path("metrics", pages.metrics),
    path("sandbox/payments/<uuid:page_id>", sandbox.payment_page),
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
]

handler400 = "api.views.errors.bad_request"
handler403 = "api.views.errors.forbidden"
handler404 = "api.views.errors.not_found"
handler500 = "api.views.errors.internal_error"

"""What every answer, whoever gives it, tells browsers: what they may load, show and pass on."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

# Nothing, but for a look and a form of our own; most answers are no pages at all.
PLAIN = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
# A script of ours, which asks for the schema and sends what is tried.
DOCS = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self';"
    " img-src 'self' data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
# Redoc writes its styles into the page, and searches in a worker that it has written, too.
REDOC = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; worker-src blob:; form-action 'none'; base-uri 'none';"
    " frame-ancestors 'none'"
)
# Alpine, with which unfold's pages work, compiles what stands in their attributes.
ADMIN = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'; connect-src 'self';"
    " style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
POLICIES = (("/admin/", ADMIN), ("/api/docs", DOCS), ("/api/redoc", REDOC))
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # For browsers that know no `frame-ancestors`.
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class SecurityHeadersMiddleware:
    """Give every answer its headers, those of files and refusals too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Stand in front of `get_response`."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer as `get_response` does."""
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response[name] = value
        response["Content-Security-Policy"] = policy(request.path)
        return response


def policy(path: str) -> str:
    """Return the Content-Security-Policy of what is at this path."""
    return next((policy for prefix, policy in POLICIES if path.startswith(prefix)), PLAIN)

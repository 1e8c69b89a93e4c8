"""What every view of the API has in common."""

from typing import Any, ClassVar

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import SAFE_METHODS, AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from api import throttling
from api.serializers.base import NoParameters, Query


class ReadOnly(BasePermission):
    """Anyone may read: `permission_classes = (ReadOnly | staff_who(…),)`."""

    def has_permission(self, request: Request, view: APIView) -> bool:  # noqa: ARG002
        """Return whether the request only reads."""
        return request.method in SAFE_METHODS


class View(APIView):
    """A view that checks its method before who asks, and its parameters before it runs.

    `query` names the parameters that a GET takes and holds them, by name, in `self.parameters`;
    other methods take none.
    """

    http_method_names = ("get", "head", "post", "put", "patch", "delete")
    query: ClassVar[type[Query]] = NoParameters
    parameters: dict[str, Any]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what cannot be asked. Raises MethodNotAllowed, ValidationError."""
        method = request.method or ""
        if method.lower() not in self.http_method_names or not hasattr(self, method.lower()):
            raise MethodNotAllowed(method)
        super().initial(request, *args, **kwargs)
        query = self.query if method in {"GET", "HEAD"} else NoParameters
        self.parameters = query.parse(request)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the answer, which says what is left of the caller's rate."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        for name, value in throttling.headers_of(request).items():
            answer[name] = value
        return answer


class OpenView(View):
    """A view for anyone."""

    permission_classes = (AllowAny,)

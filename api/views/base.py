"""What every view of the API has in common."""

from typing import Any, ClassVar

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import SAFE_METHODS, AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from api.serializers.base import NoParameters, Query


class ReadOnly(BasePermission):
    """Anyone may read: `permission_classes = (ReadOnly | IsStaff,)`."""

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


class OpenView(View):
    """A view for anyone."""

    permission_classes = (AllowAny,)

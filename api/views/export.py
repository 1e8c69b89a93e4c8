"""All that the shop has of the caller."""

from contextlib import ExitStack
from tempfile import SpooledTemporaryFile

from django.db import connection, transaction
from django.http import FileResponse
from rest_framework.request import Request

from api import authentication as tokens
from api.exporting import document
from api.permissions import account_id
from api.schema import answers
from api.serializers.export import ExportShape
from api.views.base import View

# What is larger lies in a file, which has no name and goes with the answer.
MAX_IN_MEMORY = 1024 * 1024


class ExportView(View):
    """All that the shop has of the caller."""

    throttle = "export"

    @answers(ExportShape, summary="Export one's data")
    def get(self, request: Request) -> FileResponse:
        """Read all that is kept of the caller's account, in one document.

        Account, cart, orders with lines, payments, notifications, jobs and logins, as elsewhere in
        the API, newest first.
        """
        caller = account_id(request)
        # Whole before it is answered: a client may be slow, and the database is not to wait for it.
        with ExitStack() as stack:
            file = stack.enter_context(SpooledTemporaryFile(max_size=MAX_IN_MEMORY))
            with transaction.atomic():
                for piece in document(account_id=caller, login_id=tokens.own_login_id(request)):
                    file.write(piece.encode())
            # From here on it is the answer that closes it.
            stack.pop_all()
        if not connection.in_atomic_block:
            connection.close()
        file.seek(0)
        return FileResponse(
            file,
            as_attachment=True,
            filename="bookshop-export.json",
            content_type="application/json",
        )

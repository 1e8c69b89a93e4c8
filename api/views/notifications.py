"""Notifications (7)."""

from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from api.accepting import accept, request_id
from api.pagination import page
from api.permissions import account_id, buyer_id, listed_user_id, require
from api.roles import Operation
from api.schema import answers, page_of, starts_job
from api.serializers.base import Nothing
from api.serializers.notifications import NotificationForm, NotificationQuery, NotificationShape
from api.views.base import View
from shop.customers import selectors as customers
from shop.notifications import selectors
from shop.notifications import services as notifications
from tasks.engine import jobs
from tasks.engine.jobs import Idempotency
from tasks.engine.models import Job
from tasks.workflows.notification import NOTIFICATION


class NotificationsView(View):
    """Notifications."""

    query: ClassVar = NotificationQuery

    @answers(page_of(NotificationShape), summary="List notifications")
    def get(self, request: Request) -> Response:
        """List notifications, newest first: one's own, and for staff everybody's."""
        rows = selectors.notifications(
            user_id=listed_user_id(request, self.parameters.get("user_id")),
            unread=self.parameters.get("unread"),
        )
        return page(request, rows, order=("-id",), render=NotificationShape.render_many)

    @starts_job("notification", NotificationForm, summary="Tell a customer", refuses=("forbidden",))
    def post(self, request: Request) -> Response:
        """Start the job `notification`: in the app, then by mail."""
        require(request, Operation.NOTIFY_CUSTOMER)
        form = NotificationForm.parse(request)

        def begin(key: Idempotency | None) -> Job:
            return jobs.start(
                NOTIFICATION,
                input={**form, "order_id": None, "is_new": True, "notification_id": None},
                owner_id=account_id(request),
                beneficiary_id=customers.customer(user_id=form["user_id"])["account_id"],
                request_id=request_id(request),
                idempotency=key,
            )

        return accept(request, begin)


class NotificationReadView(View):
    """That a notification was read."""

    @answers(NotificationShape, summary="Mark as read")
    def post(self, request: Request, notification_id: int) -> Response:
        """Mark a notification of one's own as read. May be repeated."""
        user_id = buyer_id(request)
        Nothing.parse(request)
        found = notifications.mark_read(notification_id=notification_id, user_id=user_id)
        return Response(NotificationShape.render(found))

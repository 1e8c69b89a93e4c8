"""What payment providers tell the shop (6)."""

import re

from django.core.exceptions import BadRequest
from django.db import transaction
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from api import parsers
from api.accepting import request_id
from api.schema import answers
from api.serializers.webhooks import ReceivedShape, WebhookShape
from api.views.base import OpenView
from shop.customers import selectors as customers
from shop.payments import events, providers
from shop.payments.providers import Hint
from tasks.engine import jobs
from tasks.workflows import LATE_PAYMENT

HEADERS = [
    OpenApiParameter(name, location=OpenApiParameter.HEADER, required=True)
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
]


class PaymentWebhooksView(OpenView):
    """Messages of a payment provider, who is known by the signature."""

    authentication_classes = ()
    # All of a provider's customers come from one address, and what is refused may never come
    # again. What is forged costs a hash, and nothing is read for it.
    throttle_classes = ()

    @answers(
        ReceivedShape,
        WebhookShape,
        summary="Hear from a provider",
        headers=HEADERS,
        refuses=(providers.InvalidSignature,),
    )
    def post(self, request: Request, provider: str) -> Response:
        """Record a message, and have the job that it is about look again.

        Standard Webhooks; the same `webhook-id` again is answered alike, and does nothing.
        """
        source = providers.provider(name=provider)
        event_id = source.verify(headers=request.headers, body=request.body)
        if not re.fullmatch("[!-~]{1,255}", event_id):
            raise BadRequest("The `webhook-id` is longer than 255 characters, or not plain ASCII.")
        hint = source.read(message=parsers.loads(request.body))
        with transaction.atomic():
            if events.record(provider=provider, event_id=event_id, kind=hint.kind, key=hint.key):
                _hand_on(request, provider, hint)
        return Response(ReceivedShape.render({"received": True}))


def _hand_on(request: Request, provider: str, hint: Hint) -> None:
    """Wake the job that waits for this; see to money for which no job waits any more."""
    key = events.known_key(key=hint.key)
    job_id = events.job_of(key=key)
    if job_id is None or jobs.wake(job_id=job_id) or not hint.is_paid:
        return
    payee = events.payee(key=key)
    jobs.start(
        LATE_PAYMENT,
        input={"provider": provider, "charge_key": key},
        beneficiary_id=customers.account_id(user_id=payee["user_id"]) if payee else None,
        request_id=request_id(request),
    )

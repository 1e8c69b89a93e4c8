"""The sandbox tells the shop what a customer did on its page, as any provider would."""

from typing import TypedDict

from tasks.engine.links import register
from tasks.engine.workflow import Call, Link, Workflow
from tasks.steps import sandbox


class SandboxWebhookInput(TypedDict):
    """The entry in the sandbox's books."""

    entry_id: int


SANDBOX_WEBHOOK = register(
    Workflow(
        kind="sandbox_webhook",
        input=SandboxWebhookInput,
        links=(
            Link(
                "payments",
                Call(name="send_webhook", do=sandbox.send_webhook, timeout=sandbox.TIMEOUT),
            ),
        ),
        result=(),
    )
)

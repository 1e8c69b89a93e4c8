"""The Celery application: how messages travel. What they mean is in `tasks/`."""

import os
import time
from typing import Any

import billiard.pool  # type: ignore[import-untyped]
import celery.worker.consumer
import kombu.connection
from celery import Celery
from celery.app.amqp import AMQP
from celery.signals import setup_logging, worker_before_create_process, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings

from config import garbage
from config.local.processes import tie_forks

# Seconds between two messages of a busy worker to Flower.
EVENTS_EVERY = 0.25


class Connection(kombu.connection.Connection):
    """A connection to the broker that is back within two seconds of the broker."""

    def ensure_connection(self, *args: Any, **kwargs: Any) -> Any:
        """Reconnect every one to two seconds, where kombu would wait up to thirty."""
        pace = {"interval_start": 1, "interval_step": 1, "interval_max": 2}
        return super().ensure_connection(*args, **{**pace, **kwargs})  # type: ignore[no-untyped-call]


class Consumer(celery.worker.consumer.Consumer):
    """What a worker listens with; it tells Flower of tasks now and then, and not at every step."""

    _tells_at = 0.0

    def on_send_event_buffered(self) -> None:
        """Have what there is to tell be sent soon, together: each message costs as much as a step.

        The time and not the timer says whether it will be: a connection that is lost takes timers
        with it.
        """
        now = time.monotonic()
        if self.hub and now >= self._tells_at:
            self._tells_at = now + EVENTS_EVERY
            self.hub.call_later(EVENTS_EVERY, self._flush_events)


class Broker(AMQP):
    """Celery's broker interface with connections that return quickly."""

    Connection = Connection


app = Celery("shop", amqp=Broker)
app.conf.update(
    broker_url=settings.REDIS_URL,
    broker_connection_max_retries=None,
    broker_connection_retry_on_startup=True,
    # A Redis without room refuses a worker that connects: it is to come again, not to end.
    broker_channel_error_retry=True,
    broker_pool_limit=32,
    # PostgreSQL knows what is to be done and recovery publishes it again: Redis may lose any
    # message, so it need not keep account of them. Timeouts bound what a frozen Redis costs.
    broker_transport_options={
        "ack_emulation": False,
        "max_retries": 0,
        "socket_timeout": 1.0 if settings.SHOP_ROLE != "gateway" else 0.5,
        "socket_connect_timeout": 0.5,
        "socket_keepalive": True,
        "health_check_interval": 10,
    },
    task_publish_retry=False,
    task_ignore_result=True,
    # No results, so nothing to clean up: otherwise beat would order it every night.
    result_expires=None,
    task_acks_late=False,
    task_default_queue="shop",
    task_store_errors_even_if_ignored=False,
    worker_prefetch_multiplier=1,
    worker_send_task_events=True,
    worker_consumer="config.celery:Consumer",
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_enable_remote_control=True,
    # Keep the database connection between tasks; without this Celery closes it around each.
    CELERY_DB_REUSE_MAX=1_000_000_000,
    beat_scheduler="tasks.schedule.scheduler:JobScheduler",
    timezone="UTC",
)
app.autodiscover_tasks()
# A pool process that stops waits until its parent has read of its last task. The parent, which has
# given back what was not begun, may not read any more: that is worth a second and not thirty.
billiard.pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = 10


@setup_logging.connect
def _keep_djangos_logging(**_: Any) -> None:
    """Leave logging as the settings configured it: connecting here stops Celery's own."""


@worker_init.connect
def _leave_no_orphans(**_: Any) -> None:
    """End the pool's processes when the worker that forks them is killed."""
    tie_forks()


@worker_before_create_process.connect
def _look_for_garbage_elsewhere(**_: Any) -> None:
    """Have the pool's processes share the code's memory, and look for garbage in their own."""
    garbage.leave_code_alone()

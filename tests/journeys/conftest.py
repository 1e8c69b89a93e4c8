"""The shop in processes of its own, alone and behind pytest-celery's `celery_setup`."""

from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery
from django.conf import settings
from pytest_celery import CeleryBrokerCluster, CeleryWorkerCluster

from config.celery import app
from tests.journeys.books import Books
from tests.journeys.containers import (
    Broker,
    BrokerContainer,
    ProcessAsContainer,
    Worker,
    WorkerContainer,
)
from tests.journeys.mail import Mailbox, mail_server
from tests.journeys.processes import Shop


@pytest.fixture(scope="session")
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as served:
        yield served


@pytest.fixture(scope="session")
def running_shop(mailbox: Mailbox) -> Iterator[Shop]:
    """One shop for all journeys: to start it costs seconds."""
    home = settings.SHOP_DATA_DIR
    shop = Shop(home.with_name(f"{home.name}-journeys"), mail_url=mailbox.url)
    try:
        shop.start()
        yield shop
    finally:
        shop.stop()


@pytest.fixture
def shop(running_shop: Shop) -> Shop:
    """The shop with all its processes up, whatever an earlier test did to them."""
    running_shop.mend()
    return running_shop


@pytest.fixture
def books(shop: Shop) -> Books:
    return Books(shop.postgres.url)


# pytest-celery's fixtures, over processes


@pytest.fixture
def default_redis_broker(shop: Shop) -> BrokerContainer:
    return BrokerContainer(shop["redis"], shop.redis)


@pytest.fixture
def celery_broker_cluster(default_redis_broker: BrokerContainer) -> CeleryBrokerCluster:
    """The shop's broker alone: by default each test would run once for every broker there is."""
    return CeleryBrokerCluster(Broker(default_redis_broker))


@pytest.fixture
def celery_backend_cluster() -> None:
    """No result backend: what became of a job stands in PostgreSQL."""


@pytest.fixture
def default_worker_container(shop: Shop) -> WorkerContainer:
    return WorkerContainer(ProcessAsContainer(shop["worker-shop"]))


@pytest.fixture
def celery_worker_cluster(
    shop: Shop, default_worker_container: WorkerContainer, celery_setup_app: Celery
) -> CeleryWorkerCluster:
    """Both workers; the first is `celery_setup.worker`."""
    outside = WorkerContainer(ProcessAsContainer(shop["worker-outside"]))
    nodes = (Worker(one, celery_setup_app) for one in (default_worker_container, outside))
    return CeleryWorkerCluster(*nodes)


@pytest.fixture
def celery_setup_app(
    celery_setup_config: dict[str, Any], celery_setup_cls: Any
) -> Iterator[Celery]:
    """A Celery application that knows the broker, current only as long as the test lasts."""
    yield celery_setup_cls.create_setup_app(celery_setup_config, "journeys")
    app.set_current()

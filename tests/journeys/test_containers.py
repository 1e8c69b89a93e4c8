"""pytest-celery's own interface, on the shop's processes."""

from pytest_celery import CeleryTestSetup

from tests.journeys.books import Books
from tests.journeys.processes import Shop


def test_the_setup_knows_the_shops_workers_and_its_broker(celery_setup: CeleryTestSetup) -> None:
    assert celery_setup.ready(control=True)
    assert len(celery_setup) == 3
    assert celery_setup.backend is None
    assert [node.name() for node in celery_setup.worker_cluster] == [
        "worker-shop",
        "worker-outside",
    ]
    replies = celery_setup.app.control.ping(timeout=2)
    names = {name for reply in replies for name in reply}
    assert names == {node.hostname() for node in celery_setup.worker_cluster}
    registered = celery_setup.app.control.inspect(timeout=2).registered()
    assert "checkout.place_order+reserve_stock" in registered[celery_setup.worker.hostname()]


def test_a_worker_that_is_killed_and_started_again_works(
    celery_setup: CeleryTestSetup, shop: Shop, books: Books
) -> None:
    (customer,) = shop.customers(1)
    (product,) = shop.products(1)
    worker = celery_setup.worker
    worker.kill()
    assert worker.container.status == "exited"
    customer.put_in_cart(product, 1)
    job_id = customer.buy()
    worker.restart()
    assert worker.ready()
    assert customer.final(job_id)["state"] == "succeeded"
    worker.assert_log_exists(job_id, timeout=5)
    books.await_all_final(seconds=20)
    assert books.differences() == []


def test_a_broker_that_is_restarted_is_found_again(
    celery_setup: CeleryTestSetup, shop: Shop, books: Books
) -> None:
    (customer,) = shop.customers(1)
    (product,) = shop.products(1)
    broker = celery_setup.broker
    broker.kill()
    assert broker.container.status == "exited"
    broker.restart()
    assert broker.ready()
    customer.put_in_cart(product, 1)
    assert customer.final(customer.buy())["state"] == "succeeded"
    books.await_all_final(seconds=30)
    assert books.differences() == []

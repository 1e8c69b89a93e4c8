"""A hundred requests at one moment, over real HTTP."""

import json
from threading import Barrier
from uuid import uuid4

from tests.journeys.books import Books
from tests.journeys.client import Answer, together
from tests.journeys.processes import Shop

MANY = 100


def test_a_hundred_requests_with_one_key_make_one_job(shop: Shop, books: Books) -> None:
    (buyer,), (product_id,) = shop.customers(1), shop.products(1)
    buyer.put_in_cart(product_id)
    key, barrier = str(uuid4()), Barrier(MANY)

    def ask(_: int) -> Answer:
        barrier.wait(30)
        return buyer.ask_to_buy(Idempotency_Key=key)

    answers = together(ask, range(MANY), threads=MANY)
    assert {answer.status for answer in answers} == {202}, statuses(answers)
    (job_id,) = {answer.body["id"] for answer in answers}
    replayed = [answer for answer in answers if "idempotent-replayed" in answer.headers]
    assert len(replayed) == MANY - 1
    assert buyer.final(job_id)["state"] == "succeeded"
    assert [job["id"] for job in buyer.get("jobs").expect(200)["results"]] == [job_id]
    assert len(buyer.get("orders").expect(200)["results"]) == 1
    assert books.differences() == []


def test_a_requests_id_stands_in_the_lines_of_the_workers_that_do_its_job(shop: Shop) -> None:
    (buyer,), (product_id,) = shop.customers(1), shop.products(1)
    buyer.put_in_cart(product_id)
    request_id = f"mine-{uuid4()}"
    asked = buyer.ask_to_buy("tok_declined", X_Request_ID=request_id)
    assert asked.headers["x-request-id"] == request_id
    job_id = asked.expect(202)["id"]
    buyer.final(job_id)
    for name in ("gateway", "worker-shop", "worker-outside"):
        lines = [json.loads(line) for line in shop[name].logs().splitlines() if request_id in line]
        assert lines, name
        assert {line["request_id"] for line in lines} == {request_id}, name
        if name != "gateway":
            assert {line["job_id"] for line in lines} == {job_id}, name


def statuses(answers: list[Answer]) -> dict[int, int]:
    return {
        status: sum(answer.status == status for answer in answers)
        for status in sorted({answer.status for answer in answers})
    }

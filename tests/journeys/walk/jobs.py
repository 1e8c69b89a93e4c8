"""Jobs, and the conventions that all operations share."""

from uuid import uuid4

from tests.journeys.client import poll
from tests.journeys.walk.walker import Walk


def jobs(walk: Walk) -> None:
    staff, (buyer, other) = walk.staff, walk.customers(2)
    (product_id,) = walk.shop.products(1)
    buyer.put_in_cart(product_id)
    asked = buyer.ask_to_buy(Idempotency_Key='"walk"', Prefer="wait=10")
    job = asked.expect(200)
    assert asked.headers["preference-applied"] == "wait=10"
    assert set(job) == {
        *("id", "kind", "state", "steps", "result", "error", "action", "links"),
        *("created_at", "started_at", "finished_at", "recoveries"),
    }
    address = f"jobs/{job['id']}"
    assert job["links"]["self"] == f"/api/v1/{address}"
    again = buyer.ask_to_buy(Idempotency_Key="walk")
    assert again.headers["idempotent-replayed"] == "true"
    assert again.expect(202)["id"] == job["id"]
    buyer.refused(
        "POST",
        "checkouts",
        {"user_id": buyer.user_id},
        status=422,
        code="idempotency_key_reused",
        Idempotency_Key="walk",
    )
    assert buyer.get(address).expect(200) == staff.get(address).expect(200) == job
    other.refused("GET", address, status=404, code="not_found")
    walk.nobody().refused("GET", address, status=401, code="not_authenticated")
    staff.refused("GET", f"jobs/{uuid4()}", status=404, code="not_found")
    (mine,) = buyer.get("jobs?kind=checkout&state=succeeded").expect(200)["results"]
    assert mine == job
    buyer.refused("POST", f"{address}/cancel", status=409, code="job_final")
    buyer.refused("POST", f"{address}/resume", status=403, code="forbidden")
    staff.refused("POST", f"{address}/resume", status=409, code="job_not_stuck")


def cancelled(walk: Walk) -> None:
    (buyer,) = walk.customers(1)
    (product_id,) = walk.shop.products(1)
    buyer.put_in_cart(product_id)
    asked = buyer.ask_to_buy("tok_redirect")
    job_id = asked.expect(202)["id"]
    poll(lambda: buyer.job(job_id)["action"], seconds=30, what="it waits for the customer")
    assert buyer.post(f"jobs/{job_id}/cancel").expect(202)["id"] == job_id
    job = buyer.done(asked, "cancelled")
    assert job["error"] is None
    assert buyer.order_of(job)["status"] == "cancelled"
    assert buyer.cart() == {product_id: 1}


def conventions(walk: Walk) -> None:
    nobody, staff = walk.nobody(), walk.staff
    nobody.refused("GET", "nowhere", status=404, code="not_found")
    staff.refused("DELETE", "jobs", status=405, code="method_not_allowed")
    staff.refused("GET", "orders?page_size=101", status=422, code="max_value")
    staff.refused("GET", "orders?cursor=nonsense", status=422, code="invalid_cursor")
    staff.refused("GET", "orders?colour=red", status=422, code="unknown_field")
    staff.refused("POST", "categories", {"category_name": 5}, status=422, code="invalid")
    first = staff.get("jobs?page_size=2").expect(200)
    assert len(first["results"]) == 2
    assert first["previous"] is None
    listed = [job["id"] for job in staff.all("jobs?page_size=50")]
    assert len(listed) == len(set(listed)) > 50
    given = staff.get("me", X_Request_ID="walk-1")
    assert given.headers["x-request-id"] == "walk-1"

"""The load client tells what came of each request, on a server that answers as it is told."""

import asyncio
import re
from collections.abc import Sequence
from typing import Any

from tests.bench.client import Load, Plan, Request

ANSWERS = {
    "/accepted": b"HTTP/1.1 202 Accepted\r\nLocation: /api/v1/jobs/"
    b"01985b6e-0000-7000-8000-000000000001\r\nContent-Length: 2\r\n\r\n{}",
    "/busy": b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n",
    "/chunks": b"HTTP/1.1 409 Conflict\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"10\r\n" + b"c" * 16 + b"\r\n0\r\n\r\n",
    "/gone": b"",
    "/silent": None,
}


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            path = head.split()[1].decode()
            if length := re.search(rb"Content-Length: (\d+)", head):
                await reader.readexactly(int(length[1]))
            answer = ANSWERS[path]
            if answer == b"":
                break
            if answer is not None:
                # In parts: a head may come without its body, and some of a body.
                for part in (answer[:30], answer[30:-6], answer[-6:]):
                    writer.write(part)
                    await asyncio.sleep(0.001)
    except asyncio.IncompleteReadError:
        return
    finally:
        writer.close()


def carried_out(paths: Sequence[str], **more: Any) -> dict[str, Any]:
    async def run() -> dict[str, Any]:
        server = await asyncio.start_server(_serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        requests = [Request(method="POST", path=path, body='{"n": 1}') for path in paths]
        plan = Plan(**{"number": len(paths), "connections": 2, **more},
                    host="127.0.0.1", port=port, requests=requests)  # fmt: skip
        try:
            return await Load(plan).run()
        finally:
            server.close()

    return asyncio.run(run())


def test_each_answer_is_told_with_its_job_and_when_to_come_again() -> None:
    answers = carried_out(["/accepted", "/busy", "/accepted"])["answers"]
    assert [one["status"] for one in answers] == [202, 503, 202]
    assert answers[0]["job_id"] == "01985b6e-0000-7000-8000-000000000001"
    assert (answers[1]["retry_after"], answers[0]["retry_after"]) == (7, None)
    assert all(one["seconds"] > 0 for one in answers)


def test_an_answer_may_come_in_chunks_of_which_none_is_taken_for_the_next_answer() -> None:
    answers = carried_out(["/chunks", "/accepted", "/chunks", "/busy"], connections=1)["answers"]
    assert [one["status"] for one in answers] == [409, 202, 409, 503]


def test_a_connection_that_is_closed_is_no_answer_and_a_new_one_is_made() -> None:
    answers = carried_out(["/gone", "/accepted", "/gone", "/accepted"], connections=1)["answers"]
    assert [one["status"] for one in answers] == [0, 202, 0, 202]


def test_requests_are_sent_again_up_to_the_number() -> None:
    told = carried_out(["/accepted", "/busy"], number=7)
    assert [one["status"] for one in told["answers"]] == [202, 503, 202, 503, 202, 503, 202]


def test_who_comes_at_a_rate_does_not_wait_for_others_and_leaves_when_out_of_patience() -> None:
    paths = ["/silent", "/accepted", "/accepted", "/accepted"]
    told = carried_out(paths, connections=2, rate=100.0, patience=1.5)
    answers = told["answers"]
    assert [one["status"] for one in answers] == [0, 202, 202, 202]
    assert answers[0]["seconds"] >= 1.4
    assert all(one["seconds"] < 1.2 for one in answers[1:])


def test_what_waits_for_a_free_connection_is_counted_from_when_it_came() -> None:
    told = carried_out(["/silent", "/accepted"], connections=1, rate=1000.0, patience=1.0)
    silent, waited = told["answers"]
    assert silent["status"] == 0
    # It came a millisecond after the first, and so had lost its patience at nearly the same time.
    assert waited["at"] < 0.5
    assert waited["seconds"] > 0.5

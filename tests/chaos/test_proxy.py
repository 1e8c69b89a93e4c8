"""The proxies: what passes, what does not, and what becomes of messages. Needs no shop."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.local import ports
from config.local.servers import Redis
from tests.chaos import proxy
from tests.chaos.links import Links
from tests.chaos.proxy import Place
from tests.chaos.resp import Mode, Rewriter, encode

LINK = "to-redis"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    server = Redis(directory=tmp_path_factory.mktemp("redis") / "data")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def links(server: Redis, tmp_path: Path) -> Iterator[Links]:
    place = Place(LINK, ports.free(), server.port, server.password)
    links = Links([place], log=tmp_path / "links.log")
    links.start()
    yield links
    links.stop()


@pytest.fixture
def client(server: Redis, links: Links) -> Iterator[redis.Redis]:
    with redis.Redis(
        port=links.places[LINK].port,
        password=server.password,
        socket_timeout=0.3,
        socket_connect_timeout=0.3,
        retry=Retry(NoBackoff(), retries=0),
    ) as client:
        client.flushall()
        yield client


def rewriter(mode: Mode, held: list[tuple[bytes, bytes]]) -> Rewriter:
    return Rewriter(mode=lambda: mode, hold=lambda *message: held.append(message))


def test_commands_pass_as_they_are_however_they_are_cut() -> None:
    sent = encode(b"SET", b"a", b"\r\n*1\r\n") + b"PING\r\n" + encode(b"LPUSH", b"q", b"m")
    for size in range(1, len(sent) + 1):
        passing = rewriter("plain", [])
        pieces = [sent[at : at + size] for at in range(0, len(sent), size)]
        assert b"".join(passing.feed(piece) for piece in pieces) == sent


def test_a_command_goes_on_only_when_it_is_whole() -> None:
    passing, command = rewriter("plain", []), encode(b"LPUSH", b"q", b"message")
    assert passing.feed(command[:-1]) == b""
    assert passing.feed(command[-1:]) == command


def test_a_message_is_pushed_three_times_by_one_command() -> None:
    pushed = rewriter("thrice", []).feed(encode(b"lpush", b"q", b"m"))
    assert pushed == encode(b"LPUSH", b"q", b"m", b"m", b"m")


@pytest.mark.parametrize("mode", ["shuffled", "late"])
def test_in_place_of_a_message_that_is_held_back_its_queue_is_measured(mode: Mode) -> None:
    held: list[tuple[bytes, bytes]] = []
    commands = encode(b"PING") + encode(b"LPUSH", b"q", b"m") + encode(b"PING")
    passed = rewriter(mode, held).feed(commands)
    assert passed == encode(b"PING") + encode(b"LLEN", b"q") + encode(b"PING")
    assert held == [(b"q", b"m")]


def test_what_is_no_message_of_a_job_is_left_alone() -> None:
    for command in (
        encode(b"LPUSH", b"x.reply.celery.pidbox", b"m"),
        encode(b"LPUSH", b"q", b"m", b"n"),
        encode(b"BRPOP", b"q", b"1"),
    ):
        assert rewriter("thrice", []).feed(command) == command


def test_an_open_link_passes_everything(client: redis.Redis) -> None:
    assert client.set("a", "x" * 1_000_000)
    assert client.get("a") == b"x" * 1_000_000


def test_messages_arrive_thrice(client: redis.Redis, links: Links) -> None:
    links.switch(LINK, mode="thrice")
    assert client.lpush("q", "m") == 3
    # As kombu sends some: in a transaction.
    with client.pipeline() as transaction:
        transaction.lpush("q", "n")
        transaction.llen("q")
        assert transaction.execute() == [6, 6]
    links.switch(LINK)
    assert client.lpush("q", "o") == 7
    assert client.lrange("q", 0, -1) == [b"o", *[b"n"] * 3, *[b"m"] * 3]


def test_messages_arrive_in_another_order_and_the_client_gets_an_answer(
    client: redis.Redis, links: Links
) -> None:
    links.switch(LINK, mode="shuffled")
    sent = [f"{number}".encode() for number in range(50)]
    for message in sent:
        assert client.lpush("q", message) == 0
    links.switch(LINK)
    links.await_released(LINK, seconds=proxy.SHUFFLE_SECONDS + 1)
    arrived = client.lrange("q", 0, -1)
    assert isinstance(arrived, list)
    assert sorted(arrived) == sorted(sent)
    assert arrived not in (sent, sent[::-1])


def test_messages_arrive_late(client: redis.Redis, links: Links) -> None:
    links.switch(LINK, mode="late")
    begun_at = time.monotonic()
    assert client.lpush("q", "m") == 0
    time.sleep(1)
    assert client.llen("q") == 0
    links.await_released(LINK, seconds=proxy.LATE_SECONDS + 1)
    assert time.monotonic() - begun_at >= proxy.LATE_SECONDS
    assert client.lrange("q", 0, -1) == [b"m"]


def test_a_hole_swallows_everything_until_it_ends(
    client: redis.Redis, links: Links, server: Redis
) -> None:
    client.ping()
    links.switch(LINK, way="hole")
    for _ in range(2):  # The connection that is there, and a new one.
        with pytest.raises(redis.TimeoutError):
            client.lpush("q", "m")
    with redis.Redis.from_url(server.url) as direct:
        assert direct.llen("q") == 0
        links.switch(LINK)
        assert client.ping()
        # What was on its way arrives, as with TCP; what was not even greeted does not.
        assert direct.llen("q") == 1


def test_a_refused_connection_ends_at_once_and_can_be_made_again(
    client: redis.Redis, links: Links
) -> None:
    client.ping()
    links.switch(LINK, way="refused")
    for _ in range(2):
        with pytest.raises(redis.ConnectionError):
            client.ping()
    links.switch(LINK)
    assert client.ping()


def test_a_server_that_is_away_is_no_harm_to_the_link(
    client: redis.Redis, links: Links, server: Redis
) -> None:
    server.stop()
    with pytest.raises(redis.ConnectionError):
        client.ping()
    server.start()
    assert client.ping()


def test_links_end_with_whoever_opened_them(links: Links) -> None:
    port = links.places[LINK].port
    assert ports.answers(port)
    links.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))

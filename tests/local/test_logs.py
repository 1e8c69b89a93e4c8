"""Log lines are written whole, and nobody waits for somebody else's."""

import logging
import os
import threading

import pytest

from config.logs import STDERR, Lines


def record(message: str) -> logging.LogRecord:
    return logging.LogRecord("shop", logging.INFO, __file__, 1, message, None, None)


def test_a_line_is_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[tuple[int, bytes]] = []

    def write(file: int, data: bytes) -> int:
        written.append((file, data))
        return len(data)

    monkeypatch.setattr(os, "write", write)
    Lines().handle(record("Xin chào"))
    assert written == [(STDERR, "Xin chào\n".encode())]


def test_what_the_system_does_not_take_at_once_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    written = bytearray()

    def write(_: int, data: bytes) -> int:
        written.extend(data[:3])
        return min(3, len(data))

    monkeypatch.setattr(os, "write", write)
    Lines().handle(record("half \udc80 a letter"))
    assert written == b"half \\udc80 a letter\n"


def test_a_filter_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []

    def write(_: int, data: bytes) -> int:
        written.append(data)
        return len(data)

    monkeypatch.setattr(os, "write", write)
    handler = Lines()
    handler.addFilter(lambda line: line.msg != "secret")
    assert [handler.handle(record(text)) for text in ("secret", "known")] == [False, True]
    assert written == [b"known\n"]


def test_who_writes_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    both = threading.Barrier(2, timeout=10)

    def write(_: int, data: bytes) -> int:
        both.wait()
        return len(data)

    monkeypatch.setattr(os, "write", write)
    handler = Lines()
    other = threading.Thread(target=handler.handle, args=(record("one"),))
    other.start()
    handler.handle(record("two"))
    other.join()
    assert not both.broken

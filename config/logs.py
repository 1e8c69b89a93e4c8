"""How log lines look: one JSON object a line, with the request's id and the job's where known."""

import logging
import os
from typing import Any

import structlog

STDERR = 2


class Lines(logging.Handler):
    """Write each line by itself, and without a lock.

    A lock that is held while the system writes is what all threads of a busy gateway wait for in
    the end: each hands it to the next one, which has to wait for the interpreter first. A file that
    is appended to takes a line whole, and a pipe up to 4 KiB. Source: POSIX, write().
    """

    def handle(self, record: logging.LogRecord) -> bool:
        """Write a record that passes the filters; from Python 3.12 on they may pass on another."""
        passed = self.filter(record)
        if passed:
            self.emit(passed if isinstance(passed, logging.LogRecord) else record)
        return bool(passed)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        try:
            line = f"{self.format(record)}\n".encode(errors="backslashreplace")
            while line:
                line = line[os.write(STDERR, line) :]
        except Exception:
            self.handleError(record)


def configure(*, role: str) -> dict[str, Any]:
    """Set structlog up and return the matching configuration of the standard library's logging."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    level = "WARNING" if role == "command" else "INFO"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(ensure_ascii=False),
                ],
            }
        },
        "handlers": {"stderr": {"()": Lines, "formatter": "json"}},
        # Anybody can send a wrong host; the line about the request says so already.
        "loggers": {"django.security.DisallowedHost": {"level": "CRITICAL"}},
        "root": {"handlers": ["stderr"], "level": level},
    }

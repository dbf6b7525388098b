"""The log of a running process: JSON lines on stderr, or plain lines where a person looks on."""

from __future__ import annotations

import logging
import sys

import structlog


def configure(*, quiet: bool = False) -> None:
    """Say from now on what is logged, once for the process.

    Args:
        quiet: Only warnings and errors.
    """
    level = logging.WARNING if quiet else logging.INFO
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    for name in ("faust", "mode", "kafka", "aiokafka", "alembic"):
        logging.getLogger(name).setLevel(logging.CRITICAL)

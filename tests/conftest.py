"""What holds for every test: nothing from the developer's machine, and nothing left out in CI."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Generator, Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

# With this set a test that is left out is a failed test.
STRICT = os.environ.get("PACTDESK_STRICT_TESTS") == "1"

pytest_plugins = ["tests.real.fixtures"]

# A developer's own settings must not reach the tests; these are about the tests.
for name in [name for name in os.environ if name.startswith("PACTDESK_")]:
    if name != "PACTDESK_STRICT_TESTS" and not name.startswith("PACTDESK_TEST_"):
        del os.environ[name]

# The light tier loads in a tenth of a second and holds to every law that the other one holds to;
# what is about the encoder tier asks for it.
os.environ["PACTDESK_MODELS__TIER"] = "light"

# As every command has it, before numpy is loaded: see `streams.understanding`.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

# Far from UTC and not by whole hours, so that a local time taken for UTC shows.
os.environ["TZ"] = "Asia/Kathmandu"
time.tzset()

# A shell that starts the suite in the background has it, and whatever it starts, ignore interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A slow machine is no failure. In CI the examples are the same in every run, so that a change is
# judged by what it changed; everywhere else each run looks at new ones.
settings.register_profile(
    "pactdesk",
    deadline=None,
    print_blob=True,
    derandomize=STRICT,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("pactdesk")


def _left_out(report: pytest.TestReport | pytest.CollectReport) -> None:
    if STRICT and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"left out, which strict mode forbids: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _left_out(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _left_out(report)
    return report


_AT_FIRST = structlog.get_config()
"""How it is logged before any command says otherwise, be it in a fixture of a whole module."""


@pytest.fixture(autouse=True)
def _logs() -> Iterator[None]:
    """A command that a test runs in this process says what is logged from then on; only there."""
    structlog.configure(**_AT_FIRST)
    yield
    structlog.configure(**_AT_FIRST)

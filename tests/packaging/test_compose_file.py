"""docker-compose.yml: right for `docker compose`, and built as a cluster has to be."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from schemas.topics import DOMAINS
from tests.documents import ROOT
from tests.real import compose

FILE = ROOT / "docker-compose.yml"
FILLED = "POSTGRES_PASSWORD=a-password\nPACTDESK_IDENTITY_SECRET=a-secret\n"


@pytest.fixture
def read(composecheck: Path, tmp_path: Path) -> Any:
    def reading(text: str, environment: str = FILLED) -> dict[str, Any]:
        (tmp_path / "docker-compose.yml").write_text(text, "utf-8")
        (tmp_path / ".env").write_text(environment, "utf-8")
        return compose.read(composecheck, tmp_path / "docker-compose.yml", tmp_path / ".env")

    return reading


@pytest.fixture
def services(read: Any) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = read(FILE.read_text("utf-8"))["services"]
    return found


def test_the_file_is_right_for_docker_compose(services: dict[str, dict[str, Any]]) -> None:
    once = {"topics", "migrate"}
    assert set(services) == {
        "kafka",
        "postgres",
        "projector",
        "effects",
        "gateway",
        *once,
        *DOMAINS,
    }


@pytest.mark.parametrize(
    ("there", "instead", "told"),
    [
        ("stop_grace_period: 45s", "stop_grace_periodd: 45s", "stop_grace_periodd"),
        (
            "topics: {condition: service_completed_successfully}",
            "topic: {condition: service_completed_successfully}",
            "topic",
        ),
        ("condition: service_healthy", "condition: service_well", "depends_on"),
        ("- mailbox:/var/lib/pactdesk", "- letterbox:/var/lib/pactdesk", "letterbox"),
        ("retries: 3", "retries: many", "retries"),
    ],
)
def test_a_mistake_in_the_file_is_found(read: Any, there: str, instead: str, told: str) -> None:
    text = FILE.read_text("utf-8")
    assert there in text
    with pytest.raises(compose.Wrong, match=told):
        read(text.replace(there, instead))


@pytest.mark.parametrize("name", ["POSTGRES_PASSWORD", "PACTDESK_IDENTITY_SECRET"])
def test_without_a_secret_nothing_starts_and_one_is_told_what_to_do(read: Any, name: str) -> None:
    for environment in (
        re.sub(rf"(?m)^{name}=.*\n", "", FILLED),
        (ROOT / ".env.example").read_text("utf-8"),
    ):
        with pytest.raises(compose.Wrong, match=f"{name} is missing a value: choose it in .env"):
            read(FILE.read_text("utf-8"), environment)


def test_the_example_names_every_variable_of_the_file() -> None:
    used = set(re.findall(r"\$\{(\w+)", FILE.read_text("utf-8")))
    example = (ROOT / ".env.example").read_text("utf-8")
    assert used == set(re.findall(r"(?m)^#?([A-Z_]+)=", example))


def test_every_service_is_bounded_watched_and_without_privileges(
    services: dict[str, dict[str, Any]],
) -> None:
    for name, service in services.items():
        limits = service["deploy"]["resources"]["limits"]
        assert set(limits) == {"cpus", "memory", "pids"}, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}, name
        if name in {"topics", "migrate"}:
            assert service["restart"] == "on-failure:5", name
        else:
            assert service["restart"] == "unless-stopped", name
            assert service["healthcheck"]["test"], name
            assert service["stop_grace_period"], name
        if name != "kafka":
            assert service["read_only"] is True, name


def test_images_of_others_are_pinned_to_a_release(services: dict[str, dict[str, Any]]) -> None:
    assert services["kafka"]["image"] == "apache/kafka:4.3.1"
    assert re.fullmatch(r"postgres:15\.\d+", services["postgres"]["image"])
    bases = re.findall(r"(?m)^FROM (\S+)", (ROOT / "Dockerfile").read_text("utf-8"))
    assert bases
    assert [one for one in bases if not re.fullmatch(r"python:3\.11\.\d+-slim-\w+", one)] == []


def test_nothing_listens_outside_this_machine(services: dict[str, dict[str, Any]]) -> None:
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert {port["host_ip"] for port in published} == {"127.0.0.1"}


def test_a_role_starts_after_the_topics_and_the_tables_are_there(
    services: dict[str, dict[str, Any]],
) -> None:
    ready = {
        "kafka": "service_healthy",
        "postgres": "service_healthy",
        "topics": "service_completed_successfully",
        "migrate": "service_completed_successfully",
    }
    for name in ("projector", "effects", *DOMAINS):
        awaited = {of: one["condition"] for of, one in services[name]["depends_on"].items()}
        assert awaited == ready


def test_data_lie_in_named_volumes(services: dict[str, dict[str, Any]]) -> None:
    lasting = {
        name: [(one["source"], one["target"]) for one in service["volumes"]]
        for name, service in services.items()
        if service.get("volumes")
    }
    assert lasting == {
        "kafka": [("kafka", "/var/lib/kafka/data")],
        "postgres": [("postgres", "/var/lib/postgresql/data")],
        "effects": [("mailbox", "/var/lib/pactdesk")],
        "gateway": [("mailbox", "/var/lib/pactdesk")],
    }


def test_the_image_is_locked_and_runs_as_nobody_in_particular() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    steps = text.replace("\\\n", " ")
    for line in (one for one in re.split(r"\n|&&", steps) if "--requirement" in one):
        assert "--require-hashes --no-deps --only-binary :all:" in line
    assert re.search(r"(?m)^USER 10001:10001$", text)
    assert text.index("USER 10001") < text.index("ENTRYPOINT")


def test_the_image_holds_what_the_wheel_is_made_of() -> None:
    let_in = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    }
    rooms = {"schemas", "projections", "agents", "streams"}
    assert let_in == {
        *rooms,
        "pactdesk.py",
        "pyproject.toml",
        "requirements",
        "README.md",
        "LICENSE",
        "NOTICE",
    }

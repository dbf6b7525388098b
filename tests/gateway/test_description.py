"""The API described by itself, and held to it by requests made from the description."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError
from schemathesis.specs.openapi.checks import positive_data_acceptance

from schemas.vocabulary import STATUSES
from streams.gateway.openapi import described
from streams.gateway.serving import ROUTES
from tests.gateways import Client

SCHEMA = schemathesis.openapi.from_dict(described(ROUTES, "0"))


def test_the_description_is_valid() -> None:
    validate(described(ROUTES, "0"))


def test_a_description_that_is_not_would_be_found() -> None:
    wrong = described(ROUTES, "0")
    del wrong["info"]
    with pytest.raises(OpenAPIValidationError):
        validate(wrong)


def test_every_parameter_of_a_query_says_what_it_means() -> None:
    paths = described(ROUTES, "0")["paths"]
    for operation in (one for path in paths.values() for one in path.values()):
        for one in operation["parameters"]:
            assert one["in"] == "path" or one["description"], one
    told = {
        one["name"]: one["description"] for one in paths["/api/v1/tickets"]["get"]["parameters"]
    }
    assert told["status"].endswith("separated by commas: " + ", ".join(STATUSES))
    assert told["vip_status"] == "Only where `vip_status` is this: true or false"
    assert told["wait"] == "How long it is waited for."


def test_what_a_docstring_says_of_fields_stands_beside_the_fields() -> None:
    schemas = described(ROUTES, "0")["components"]["schemas"]
    assert not [name for name, one in schemas.items() if "Attributes:" in str(one)]
    assert schemas["Hit"]["description"] == "Something that was found."
    assert schemas["Hit"]["properties"]["score"]["description"] == (
        "How well it fits; more is better."
    )


def test_every_route_is_in_the_description_and_on_the_page(served: Client) -> None:
    description = served.get("/openapi.json").json
    page = served.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    for route in ROUTES:
        assert route.method.lower() in description["paths"][route.path]
        assert route.path.encode() in page.body
    assert b"http://" not in page.body
    assert b"https://" not in page.body


def test_what_the_page_says_of_code_is_shown_as_code(served: Client) -> None:
    page = served.get("/docs").body.decode()
    assert "Needs the scope <code>read</code>." in page
    assert "`" not in page


@pytest.mark.parametrize("fault", ["too large", "packed", "cut short"])
def test_what_may_be_wrong_with_any_body_is_described(served: Client, fault: str) -> None:
    body, headers = {
        "too large": (b" " * 1_100_000, {}),
        "packed": (b"{}", {"Content-Encoding": "br"}),
        "cut short": (b'{"a":', {}),
    }[fault]
    description = served.get("/openapi.json").json
    for route in ROUTES:
        reads = route.body is not None or route.path.startswith(("/channels/", "/s/"))
        if route.method != "POST" or not reads:
            continue
        with closing(Client(served.address, served.settings)) as client:
            told = client("POST", route.path, body, headers)
        known = description["paths"][route.path]["post"]["responses"]
        assert str(told.status) in known, (route.path, told)


def test_a_body_that_must_be_there_is_said_to_be_required(served: Client) -> None:
    paths = served.get("/openapi.json").json["paths"]
    for path, needed in [("notes", True), ("resolve", False), ("tag", False), ("assign", True)]:
        operation = paths[f"/api/v1/tickets/{{id}}/{path}"]["post"]
        assert operation["requestBody"]["required"] is needed, path
    assert paths["/api/v1/contacts"]["post"]["requestBody"]["required"] is True
    assert paths["/intent/send"]["post"]["requestBody"]["required"] is True


@pytest.mark.parametrize(
    "path", ["/docs", "/openapi.json", "/health", "/api/v1/tickets", "/api/v1/stream?after=p1.MA"]
)
def test_what_can_be_got_can_be_asked_for_without_its_body(served: Client, path: str) -> None:
    head = served("HEAD", path)
    assert (head.status, head.body) == (200, b"")
    if "stream" in path:
        assert head.headers["content-type"] == "text/event-stream"
        return
    whole = served.get(path)
    for name in ("content-type", "content-length"):
        assert head.headers[name] == whole.headers[name]


def test_what_there_is_not_is_not_there_without_its_body_either(served: Client) -> None:
    assert served("HEAD", "/api/v1/tickets/TICK_NO").status == 404
    assert served("HEAD", "/api/v1/tickets?limit=0").status == 400
    assert served("HEAD", "/api/v1/tickets?as_of=never").status == 400
    refused = served("HEAD", "/api/v1/contacts")
    assert (refused.status, refused.headers["allow"]) == (405, "POST")


@SCHEMA.exclude(path="/api/v1/stream").parametrize()
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
def test_requests_made_from_the_description_get_described_answers(
    served: Client, case: schemathesis.Case[Any]
) -> None:
    case.call_and_validate(
        base_url=served.address,
        excluded_checks=[positive_data_acceptance],  # no schema says all that intake refuses
    )

"""Settings: where they come from, which one wins, and what is told of a wrong one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from streams.errors import Misconfigured
from streams.settings import SECRETS, described, load

SECRET_VARIABLE = "PACTDESK_IDENTITY__SECRET"  # noqa: S105  # a name
TOML = 'data = "from-toml"\n[identity]\nsecret = "from-toml"\n'


def write(folder: Path, text: str) -> Path:
    (folder / "pactdesk.toml").write_text(text, encoding="utf-8")
    return folder


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    settings, origins = load({}, {}, tmp_path)
    assert (str(settings.data), settings.engine, settings.models.tier) == (
        ".pactdesk",
        "embedded",
        "encoder",
    )
    assert settings.identity.secret is None
    assert origins == {}


def test_a_flag_goes_before_the_environment_that_before_the_file(tmp_path: Path) -> None:
    write(tmp_path, TOML)
    environment = {"PACTDESK_DATA": "from-environment", SECRET_VARIABLE: "from-environment"}
    settings, origins = load({"data": "from-flag"}, environment, tmp_path)
    assert str(settings.data) == "from-flag"
    assert settings.identity.secret == "from-environment"  # noqa: S105  # no secret
    assert origins == {"data": "flag", "identity.secret": "environment"}
    settings, origins = load({}, {}, tmp_path)
    assert str(settings.data) == "from-toml"
    assert origins["data"].endswith("pactdesk.toml")


def test_a_secret_may_be_given_as_the_path_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hidden\n", encoding="utf-8")
    settings, _ = load({}, {SECRET_VARIABLE + "_FILE": str(tmp_path / "secret")}, tmp_path)
    assert settings.identity.secret == "hidden"  # noqa: S105  # no secret


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"PACTDESK_COLOUR": "red"}, "colour (environment) is not a setting"),
        ({"PACTDESK_IDENTITY__COLOUR": "red"}, "identity.colour (environment) is not a setting"),
        ({"PACTDESK_DATA_FILE": "x"}, "data_file (environment) is not a setting"),
        ({"PACTDESK_ENGINE": "steam"}, "engine (environment) does not fit"),
        ({SECRET_VARIABLE: ""}, "identity.secret (environment) does not fit"),
        ({SECRET_VARIABLE + "_FILE": "/nowhere/at/all"}, "which cannot be read"),
        ({SECRET_VARIABLE: "a", SECRET_VARIABLE + "_FILE": __file__}, "is set twice"),
    ],
)
def test_a_wrong_variable_is_told_with_its_name(
    environment: dict[str, str], told: str, tmp_path: Path
) -> None:
    with pytest.raises(Misconfigured) as error:
        load({}, environment, tmp_path)
    assert told in error.value.what
    assert error.value.status == 78
    assert error.value.remedy


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("colour = 1", "colour ("),
        ("[shops.email]\naddress = 'a'", "shops ("),
        ("identity = 'x'", "identity ("),
        ("data = [", "is not TOML"),
        ("data = " + "[" * 20_000, "is not TOML"),
        ("data = " + "9" * 5000, "is not TOML"),
        (f"[{'a.' * 20_000}a]\nb = 1", "is not TOML"),
        ("data = 5", "data ("),
    ],
)
def test_a_wrong_file_is_told_with_its_name(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as error:
        load({}, {}, write(tmp_path, text))
    assert told in error.value.what
    assert "pactdesk.toml" in error.value.what


def test_a_value_where_a_group_belongs_is_told_even_when_the_group_is_set(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="identity is a group of settings"):
        load({}, {SECRET_VARIABLE: "x"}, write(tmp_path, "identity = 'x'"))


def test_what_the_test_command_reads_is_no_setting(tmp_path: Path) -> None:
    load({}, {"PACTDESK_STRICT_TESTS": "1", "PACTDESK_TEST_KILLS": "200"}, tmp_path)


def test_what_is_named_like_a_secret_is_marked_as_one() -> None:
    urls = r"(database\.|imap_|smtp_|webhook_|registry_)url"
    word = re.compile(rf"secret|password|token|(?<!public)_key$|{urls}")
    named = {row["setting"] for row in described({}) if word.search(row["setting"])}
    assert named == SECRETS >= {"identity.secret", "kafka.sasl_password", "database.url"}


def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(SECRET_VARIABLE, "hidden")
    shown = {row["setting"]: (row["value"], row["origin"]) for row in described({"data": "x"})}
    assert shown["identity.secret"] == ("(set, not shown)", "environment")
    assert shown["data"] == ("x", "flag")
    assert shown["models.tier"] == ("light", "environment")


@pytest.mark.parametrize(
    "address", ["Help <help@desk.example>", "help", "a@b.example, c@d.example", ""]
)
def test_an_address_with_anything_around_it_is_refused_in_words(
    tmp_path: Path, address: str
) -> None:
    with pytest.raises(Misconfigured, match=r"fit: it is no address; write name@domain"):
        load({"channels.email.address": address}, {}, tmp_path)
    settings, _ = load({"channels.email.address": "help@desk.example"}, {}, tmp_path)
    assert settings.channels.email.address == "help@desk.example"

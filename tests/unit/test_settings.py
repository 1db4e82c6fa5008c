"""Where settings come from, and what is said of those that cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from askare.settings import TABLE, BadSettings, Secret, Settings, load

POSTGRES = "postgresql://askare:hunter2@db.example/askare"


def a_folder(tmp_path: Path, toml: str = "") -> Path:
    (tmp_path / "askare.toml").write_text(toml, encoding="utf-8")
    return tmp_path


def faults_of(given: dict[str, Any] | None = None, environment: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(BadSettings) as refusal:
        load(given, environment or {})
    return refusal.value.faults


# Origins ---------------------------------------------------------------------------------------------------------


def test_the_command_line_goes_before_the_environment_before_the_file_before_the_default(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, "port = 3\nhost = 'file'\nissuer = 'file'")
    environment = {"ASKARE_DATA": str(folder), "ASKARE_PORT": "2", "ASKARE_HOST": "environment"}

    loaded = load({"port": 1}, environment)

    settings = loaded.settings
    assert (settings.port, settings.host, settings.issuer, settings.audience) == (1, "environment", "file", "askare")


def test_each_value_is_told_with_its_origin(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, "issuer = 'file'")

    origins = load({"port": 1, "data": folder}, {"ASKARE_HOST": "h"}).origins

    assert origins["port"] == "command line"
    assert origins["host"] == "ASKARE_HOST"
    assert origins["issuer"] == str(folder / "askare.toml")
    assert origins["audience"] == "default"
    assert set(origins) == {setting.key for setting in TABLE}


def test_nothing_on_the_command_line_says_nothing() -> None:
    assert load({"port": None}, {"ASKARE_PORT": "9"}).settings.port == 9


def test_the_file_may_lie_elsewhere(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.toml"
    elsewhere.write_text("port = 3", encoding="utf-8")

    assert load({}, {"ASKARE_DATA": str(tmp_path / "data"), "ASKARE_CONFIG": str(elsewhere)}).settings.port == 3


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    missing = tmp_path / "askrae.toml"

    with pytest.raises(BadSettings, match=r"ASKARE_CONFIG: there is no file .*askrae\.toml; name one that is there"):
        load({"data": tmp_path}, {"ASKARE_CONFIG": str(missing)})


def test_without_anything_said_the_defaults_hold(tmp_path: Path) -> None:
    settings = load({}, {"ASKARE_DATA": str(tmp_path)}).settings

    assert (settings.host, settings.port, settings.workers, settings.empty_success_status) == (
        "127.0.0.1",
        8080,
        1,
        204,
    )


def test_the_table_and_the_value_name_the_same_settings() -> None:
    fields = {field.name: field.type for field in structs.fields(Settings)}

    assert fields == {setting.key: setting.type for setting in TABLE}
    assert all(isinstance(setting.default, setting.type) for setting in TABLE)


# Reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["yes", "TRUE", "1", " on "])
def test_yes_has_several_spellings(text: str) -> None:
    assert load({}, {"ASKARE_REQUIRE_REQUEST_ID": text}).settings.require_request_id is True


@pytest.mark.parametrize("text", ["no", "False", "0", "off"])
def test_no_has_several_spellings(text: str) -> None:
    assert load({}, {"ASKARE_REQUIRE_REQUEST_ID": text}).settings.require_request_id is False


def test_a_list_in_the_file_may_be_a_secret(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, 'static_tokens = [{token = "t", organization = "o"}]')

    assert load({"data": folder}, {}).settings.static_tokens == Secret('[{"token":"t","organization":"o"}]')


# Faults ----------------------------------------------------------------------------------------------------------


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, "log_format = 'xml'\ncolour = 'red'")

    faults = faults_of(
        {"data": folder, "port": "eighty"},
        {"ASKARE_WORKERS": "0", "ASKARE_TIMES_IN_ANSWERS": "perhaps", "ASKARE_XYZ": "1"},
    )

    assert faults == [
        "port (command line): must be a whole number, not 'eighty'",
        "workers (ASKARE_WORKERS): must be at least 1",
        f"log_format ({folder / 'askare.toml'}): must be one of json, console, not 'xml'",
        "times_in_answers (ASKARE_TIMES_IN_ANSWERS): must be yes or no, not 'perhaps'",
        f"colour ({folder / 'askare.toml'}): there is no such setting",
        "ASKARE_XYZ: there is no such setting",
    ]


def test_a_misspelt_setting_is_told_with_the_nearest_name(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, "databse = ''")

    assert faults_of({"data": folder}, {"ASKARE_WORKER": "2"}) == [
        f"databse ({folder / 'askare.toml'}): there is no such setting; did you mean database?",
        "ASKARE_WORKER: there is no such setting; did you mean workers?",
    ]


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, "port = ")

    (fault,) = faults_of({"data": folder})

    assert fault.startswith(f"{folder / 'askare.toml'}: cannot be read: ")


def test_the_settings_of_the_tests_are_not_settings_of_the_server() -> None:
    load({}, {"ASKARE_TEST_DATABASE_URL": POSTGRES})


@pytest.mark.parametrize("value", [True, 80.5, "1e3", ""])
def test_a_port_is_a_whole_number(value: object) -> None:
    assert faults_of({"port": value}) == [f"port (command line): must be a whole number, not {value!r}"]


def test_more_than_one_worker_on_sqlite_is_refused() -> None:
    (fault,) = faults_of({"workers": 2})

    assert fault.startswith("workers: only one process writes to an SQLite file")


def test_more_than_one_worker_on_postgresql_is_welcome() -> None:
    assert load({"workers": 2}, {"ASKARE_DATABASE": POSTGRES}).settings.workers == 2


@pytest.mark.parametrize("address", ["https://crm.example/appeals", "crm.example/{appeal_id}"])
def test_an_address_for_appeals_has_a_place_for_their_id(address: str) -> None:
    (fault,) = faults_of({"appeal_url": address})

    assert fault.startswith("appeal_url: must be an address with {appeal_id} in it")


def test_contradictions_are_told_at_once() -> None:
    faults = faults_of(
        {"workers": 2, "empty_success_status": 201, "oidc_issuer": "https://id.example", "database": "mysql://x"}
    )

    assert [fault.split(":")[0] for fault in faults] == [
        "database",
        "workers",
        "empty_success_status",
        "oidc_issuer, oidc_audience and oidc_jwks_url",
    ]


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"smtp_host": "mail.example"}, "mail_from"),
        ({"mail_from": "Koti"}, "mail_from"),
        ({"mail_from": "a@koti.example, b@koti.example"}, "mail_from"),
        ({"mail_from": "Koti <a@koti.example"}, "mail_from"),
        ({"mail_from": "Mäki <mail@mäki.example>"}, "mail_from"),
        ({"mail_from": "a@koti.example\r\nBcc: eve@evil.example"}, "mail_from"),
        ({"smtp_port": 65_536}, "smtp_port"),
        ({"smtp_security": "ssl"}, "smtp_security"),
        ({"digest_hour": 24}, "digest_hour"),
        ({"time_zone": "Europe/Helsingfors"}, "time_zone"),
        ({"letter_language": "ru"}, "letter_language"),
    ],
)
def test_what_letters_cannot_be_sent_with_is_refused(given: dict[str, Any], key: str) -> None:
    assert [fault.split(":")[0].split(" ")[0] for fault in faults_of(given)] == [key]


def test_a_port_that_there_is_not_is_refused() -> None:
    assert faults_of({"port": 65_536}) == ["port: must be at most 65535"]


def test_a_password_is_not_sent_in_the_clear_but_to_this_machine() -> None:
    mail = {"smtp_user": "askare", "smtp_security": "none", "mail_from": "Koti <mail@koti.example>"}

    assert [fault.split(":")[0] for fault in faults_of({**mail, "smtp_host": "mail.example"})] == ["smtp_security"]
    assert load({**mail, "smtp_host": "127.0.0.1"}, {}).settings.smtp_user == "askare"


def test_the_address_of_the_server_has_no_slash_at_its_end() -> None:
    assert load({"public_url": "https://koti.example/"}, {}).settings.base_url == "https://koti.example"
    assert load({"port": 9_000}, {}).settings.base_url == "http://127.0.0.1:9000"


# Secrets ---------------------------------------------------------------------------------------------------------


def test_a_secret_is_never_printed() -> None:
    loaded = load({}, {"ASKARE_DATABASE": POSTGRES, "ASKARE_API_KEYS": "key-of-ours"})

    for printed in (repr(loaded), str(loaded), f"{loaded.settings}", f"{loaded.settings.database!s}"):
        assert "hunter2" not in printed
        assert "key-of-ours" not in printed
    assert loaded.settings.database.reveal() == POSTGRES


@pytest.mark.parametrize("address", ["mysql://askare:hunter2@db", "hunter2"])
def test_a_bad_database_address_is_refused_without_being_printed(address: str) -> None:
    (fault,) = faults_of({"database": address})

    assert fault.startswith("database: must be empty (SQLite) or an address that begins with postgresql://")
    assert "hunter2" not in fault


def test_an_empty_secret_says_so() -> None:
    assert repr(Secret("")) == "(none)"
    assert not Secret("")
    assert repr(Secret("x")) == "***"

"""Settings: precedence, conversion, and clear refusals."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.config import Settings, load_settings
from publisher.errors import ConfigurationError


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "attested.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_environment_goes_before_file_before_default(tmp_path: Path) -> None:
    file = write(tmp_path, 'port = 9000\nhost = "0.0.0.0"\ndata = "elsewhere"\n')
    settings = load_settings(file, {"ATTESTED_PORT": "9001"})
    assert (settings.port, settings.host, settings.data) == (9001, "0.0.0.0", Path("elsewhere"))
    assert settings.base_iri == Settings().base_iri


def test_time_of_the_build_can_be_passed_in() -> None:
    assert load_settings(None, {"SOURCE_DATE_EPOCH": "0"}).created == datetime(1970, 1, 1, tzinfo=UTC)
    assert load_settings(None, {"ATTESTED_CREATED": "2026-11-24T12:00:00Z"}).created == datetime(
        2026, 11, 24, 12, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("text", "environ", "words"),
    [
        ("colour = 1", {}, "unknown setting 'colour'"),
        ("port = ", {}, "not a readable TOML file"),
        ('port = "many"', {}, "port is 'many'"),
        ("port = 1.5", {}, "port is 1.5"),
        ("port = 70000", {}, "port is 70000"),
        ("base_iri = 5", {}, "base_iri is 5"),
        ('base_iri = "https://example.org"', {}, "ends with a slash"),
        ('base_iri = "ftp://example.org/"', {}, "http or https"),
        ('base_iri = "https://example.org/?x=/"', {}, "Leave out query"),
        ("", {"ATTESTED_WORKERS": "0"}, "workers is 0"),
        ("", {"ATTESTED_CREATED": "yesterday"}, "ATTESTED_CREATED"),
        ("", {"SOURCE_DATE_EPOCH": "soon"}, "SOURCE_DATE_EPOCH"),
    ],
)
def test_unusable_settings_are_named(tmp_path: Path, text: str, environ: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(write(tmp_path, text), environ)
    assert words in str(caught.value)


def test_missing_file_is_an_error_only_when_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such settings file"):
        load_settings(tmp_path / "none.toml", {})

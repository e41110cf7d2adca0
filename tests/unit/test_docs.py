"""The documentation says what the code does."""

from __future__ import annotations

import ast
import itertools
import re
import shutil
from dataclasses import fields
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from publisher import config
from publisher.cli import main
from publisher.config import Settings

ROOT = Path(__file__).parent.parent.parent


def documented_settings() -> dict[str, str]:
    """The docstring below each field of `Settings`."""
    tree = ast.parse(Path(config.__file__).read_text(encoding="utf-8"))
    body = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Settings").body
    found = {}
    for node, following in itertools.pairwise(body):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            text = ""
            if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
                text = " ".join(str(following.value.value).split())
            found[node.target.id] = text
    return found


def test_every_setting_is_in_the_table_with_its_default() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = {m[1]: (m[2], m[3]) for m in re.finditer(r"^\| `(\w+)` \| `?([^|`]*?)`? ?\| (.*) \|$", text, re.M)}
    words = documented_settings()
    assert set(rows) == {f.name for f in fields(Settings)}
    for field in fields(Settings):
        default = "" if field.default is None else str(field.default)
        assert rows[field.name][0].strip() == default, field.name
        assert rows[field.name][1] == words[field.name] != "", field.name


def commands() -> list[str]:
    assert isinstance(main, click.Group)
    return sorted(main.commands)


@pytest.mark.parametrize("name", commands())
def test_help_is_complete(name: str) -> None:
    assert isinstance(main, click.Group)
    command = main.commands[name]
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.name}"
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0


def test_the_readme_names_every_command() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in commands():
        assert f"`{name}`" in text, name


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_links_and_paths_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!http)([^)#]+)", text):
        assert (ROOT / target).exists(), target
    for path in re.findall(r"`((?:publisher|ontology|shapes|data|tests|docs|bench)/[\w./-]*)`", text):
        if "<" not in path and "nn" not in path:
            assert (ROOT / path).exists(), path


@pytest.mark.parametrize("name", ["README.md", "docs/ucdp.md"])
def test_an_import_goes_as_documented(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command as it stands, on small tables of the same shape under the names that it gives."""
    text = (ROOT / name).read_text(encoding="utf-8")
    command = re.search(r"^\.venv/bin/publisher (import ucdp-ged .*)$", text, re.M)
    assert command
    arguments = command[1].split()
    tables = sorted((ROOT / "tests" / "ucdp" / "tables").glob("*.csv"))
    named = [argument for argument in arguments if argument.endswith(".csv")]
    assert len(named) == len(tables)
    for table, file in zip(tables, named, strict=True):
        shutil.copy(table, tmp_path / file)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, [*arguments, "--quiet"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "data" / "ucdp-ged" / "source.toml").is_file()
    assert "/data/ucdp-ged/" in (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert re.search(r"^make serve$", text[command.end() :], re.M)
    assert re.search(r"^serve:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)


def test_the_rule_table_is_that_of_the_rules() -> None:
    """Regenerate with `publisher rules`, between the two comment lines of docs/model.md."""
    text = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
    shown = text.split("<!-- rules -->\n")[1].split("<!-- /rules -->")[0]
    result = CliRunner().invoke(main, ["rules"])
    assert result.exit_code == 0
    assert shown.strip() == result.output.strip()

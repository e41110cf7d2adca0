"""The bundler's script: what it does where it cannot build."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.web.editor import build


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(build, "OUTPUT", tmp_path / "editor")
    return tmp_path / "editor"


def fail(*arguments: object) -> None:
    raise build.Failed("npm install failed: no network")


def test_a_failure_is_a_message(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(build, "build", fail)
    assert build.main([]) == 0
    assert build.main(["--strict"]) == 1
    assert "plain form" in capsys.readouterr().err
    assert not elsewhere.exists()


def test_nothing_is_done_twice(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "build", fail)
    elsewhere.mkdir()
    (elsewhere / build.MANIFEST).write_text(f'{{"sources": "{build.source_digest()}"}}', encoding="utf-8")
    assert build.main(["--strict"]) == 0


def test_a_command_that_cannot_run(tmp_path: Path) -> None:
    with pytest.raises(build.Failed, match="cannot run"):
        build._run([str(tmp_path / "nothing"), "install"], tmp_path, None)
    with pytest.raises(build.Failed, match="failed"):
        build._run(["false", "install"], tmp_path, None)

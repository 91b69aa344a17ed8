"""The installer in a project of its own: what stands in the way is one sentence and exit 1."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("install")]

INSTALLER = Path(__file__).resolve().parents[2] / "config" / "install.py"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    shutil.copy(INSTALLER, tmp_path / "config")
    (tmp_path / "requirements.txt").write_text("# nothing to download\n")
    return tmp_path


def install(project: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "config/install.py"],
        env={"PATH": os.environ["PATH"], "PYTHON": sys.executable} | environment,
        cwd=project,
        capture_output=True,
        text=True,
    )


def refusal(project: Path, **environment: str) -> str:
    done = install(project, **environment)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    (said,) = [line for line in done.stderr.splitlines() if not line.startswith("Installing into .venv")]
    return said


def python_that(does: str, folder: Path) -> str:
    """This Python behind a shell script that does something else first."""
    script = folder / "python"
    script.write_text(f'#!/bin/sh\n{does}\nexec {sys.executable} "$@"\n')
    script.chmod(0o755)
    return str(script)


def test_it_makes_a_venv_once_and_a_second_call_does_nothing(project):
    first = install(project)
    assert (first.returncode, first.stdout) == (0, "")  # of what `make` runs then, nothing else is in a file
    assert "Installing into .venv" in first.stderr
    assert (project / ".venv/bin/python").exists()
    second = install(project)
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")


def test_a_changed_lock_is_installed_again_and_a_package_nobody_has_is_a_sentence(project):
    assert install(project).returncode == 0
    (project / "requirements.txt").write_text(f"no-such-package==1 --hash=sha256:{'0' * 64}\n")
    said = refusal(project, PIP_NO_INDEX="1")
    assert "pip ended with: ERROR: No matching distribution found for no-such-package==1" in said


@pytest.mark.parametrize("python", ["/nowhere/python3", "/bin/sh"])
def test_a_python_that_is_none_is_refused(project, python):
    assert f"PYTHON is '{python}'" in refusal(project, PYTHON=python)


def test_a_python_that_is_too_old_is_refused(project, tmp_path):
    old = python_that('case "$*" in *version_info*) echo 3 10; exit;; esac', tmp_path)
    assert "no Python 3.11 or newer" in refusal(project, PYTHON=old)


def test_a_python_without_venv_is_refused(project, tmp_path):
    bare = python_that('case "$*" in *ensurepip*) exit 1;; esac', tmp_path)
    assert "apt install python3-venv" in refusal(project, PYTHON=bare)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_refused(project):
    project.chmod(0o500)
    try:
        assert "you may not write" in refusal(project)
    finally:
        project.chmod(0o700)


def test_it_can_be_read_by_every_python_that_might_run_it():
    ast.parse(INSTALLER.read_text(), feature_version=(3, 6))

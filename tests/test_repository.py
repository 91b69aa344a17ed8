"""The repository itself: the direction of imports, the locks, and what the README says."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.promises import name_of, promises

PROJECT = Path(__file__).resolve().parent.parent


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    return [PROJECT / name for name in listed.stdout.split("\0") if name]


@pytest.mark.xdist_group("one")
def test_the_tests_of_a_group_share_a_worker(request: pytest.FixtureRequest):
    """xdist marks their names. Some of its versions do not know pytest's names, and let the groups fall in silence."""
    if getattr(request.config.option, "loadgroup", False):
        assert request.node.nodeid.endswith("@one")


@pytest.mark.parametrize("rest", ["", "[20]", "@up", "[a::b]@up"])
def test_a_promise_finds_its_tests(rest: str):
    assert name_of(f"tests/config/test_up.py::test_kill_9{rest}") == "test_kill_9"


def test_rooms_look_down_and_pure_modules_are_plain_python():
    linter = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    found = subprocess.run(linter, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_the_locks_hold_hashes_and_no_address():
    for lock in (PROJECT / "requirements.txt", PROJECT / "requirements-dev.txt"):
        text = lock.read_text()
        assert "://" not in text
        assert text.count("--hash=sha256:") >= len(re.findall(r"^[a-z0-9][^ ]*==", text, re.MULTILINE)) > 60


def test_no_file_names_the_folder_it_was_made_in():
    in_tmp = PROJECT.parent == Path(tempfile.gettempdir())  # which our own sockets name
    here = f"{PROJECT if in_tmp else PROJECT.parent}/"
    texts = [
        path for path in tracked() if path.suffix in {".py", ".md", ".toml", ".txt", ".html", ".css", ""}
    ]
    assert not [path.name for path in texts if path.is_file() and here in path.read_text(errors="ignore")]


def test_every_command_that_the_readme_names_exists():
    targets = set(re.findall(r"^([a-z]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    readme = (PROJECT / "README.md").read_text()
    assert set(re.findall(r"(?:^    |`)make ([a-z]+)", readme, re.MULTILINE)) <= targets
    commands = {path.stem for path in tracked() if path.parent.name == "commands"}
    assert set(re.findall(r"manage\.py ([a-z_]+)", readme)) <= commands


def test_every_link_of_the_readme_leads_to_a_file():
    links = re.findall(r"\]\(([^)#]+)\)", (PROJECT / "README.md").read_text())
    assert links
    assert not [link for link in links if not (PROJECT / link).exists()]


def test_every_test_that_a_document_names_exists():
    written = set()
    for path in (PROJECT / "tests").rglob("test_*.py"):
        written |= set(re.findall(r"^ *(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE))
    for name in ("threats.md", "hazards.md", "promises.md"):
        named = set(re.findall(r"`(test_\w+)`", (PROJECT / "docs" / name).read_text()))
        assert named
        assert named <= written, (name, named - written)


def test_every_promise_has_its_figure_and_its_tests():
    assert list(promises()) == [f"P-{number}" for number in range(1, 16)]
    for figure, tests in promises().values():
        assert figure
        assert tests

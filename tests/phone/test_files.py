"""The files of the app: small, unchanged where they are not ours, and findable under their hashed names."""

import gzip
import re
from hashlib import sha256
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.files.storage import FileSystemStorage

from config.storage import HashedModules
from phone import files

PROJECT = Path(__file__).resolve().parents[2]
KIB = 1024
SHELL_SCRIPTS = 25 * KIB
FIRST_LOAD = 110 * KIB
FONT = "clinic/vendor/atkinson-hyperlegible-next-latin-wght-normal.woff2"


def gzipped(name: str) -> int:
    found = finders.find(name)
    assert isinstance(found, str)
    text = Path(found).read_bytes()
    return len(text) if name.endswith(("woff2", "png")) else len(gzip.compress(text, 9))


def test_the_scripts_of_every_start_are_at_most_25_kib_gzipped():
    names = [name for name in (files.CLASSIC, *files.shell_modules()) if "/words/" not in name]
    assert not [name for name in names if "uplot" in name]
    sizes = {name: gzipped(name) for name in names}
    assert sum(sizes.values()) <= SHELL_SCRIPTS, sizes


def test_the_first_load_is_at_most_110_kib_with_its_font():
    """From the code to today's screen, in the other language."""
    screens = ("phone/screens/join.js", "phone/screens/today.js", "phone/screens/beside.js")
    figure = ("phone/figures/figure.js", "phone/figures/tracks/movement-break.js")
    names = [*along_the_imports("phone/main.js", "phone/words/es.js", *screens, *figure), files.CLASSIC]
    names += ["phone/phone.css", "clinic/tokens.css", "phone/icon.svg", FONT]
    page = len(gzip.compress(files.TEMPLATE.read_bytes(), 9)) * 2  # with what its loops repeat
    assert sum(map(gzipped, names)) + page <= FIRST_LOAD


def along_the_imports(*names: str) -> set[str]:
    """These modules and all that they import, but for what is imported later."""
    needed, waiting = set(), list(names)
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        needed.add(name)
        text = (files.STATIC / name).read_text(encoding="utf-8")
        for found in re.findall(r'^(?:import|export) (?:[^;]*? from )?"([./][^"]+)";', text, re.MULTILINE):
            place = (files.STATIC / name).parent / found
            waiting.append(place.resolve().relative_to(files.STATIC).as_posix())
    return needed


def test_the_page_asks_early_for_exactly_the_modules_that_a_start_loads():
    """From main.js and the first screen, which the router loads."""
    assert set(files.shell_modules()) == along_the_imports("phone/main.js", "phone/screens/today.js")


VENDORED = [
    (manifest.parent / name, digest)
    for manifest in sorted(PROJECT.glob("*/**/vendor/VENDOR.md"))
    if ".venv" not in manifest.parts and "staticfiles" not in manifest.parts
    for name, digest in re.findall(
        r"^\| `([^`]+)` \|.*\| `([0-9a-f]{64})` \|$", manifest.read_text(), re.MULTILINE
    )
]


@pytest.mark.parametrize(("file", "digest"), VENDORED, ids=[file.name for file, _ in VENDORED])
def test_a_vendored_file_is_the_one_that_its_list_names(file: Path, digest: str):
    assert sha256(file.read_bytes()).hexdigest() == digest


def test_every_vendored_file_stands_in_a_list():
    folders = {file.parent for file, _ in VENDORED}
    assert len(folders) == 3
    listed = {file for file, _ in VENDORED}
    for folder in folders:
        there = {path for path in folder.iterdir() if path.name != "VENDOR.md" and ".d.ts" not in path.name}
        assert there == {file for file in listed if file.parent == folder}


def collect(folder: Path) -> HashedModules:
    """The app's files as collectstatic makes them in production: each name holds the names of what it imports."""
    storage = HashedModules(location=str(folder))
    found: dict[str, tuple[FileSystemStorage, str]] = {}
    for finder in get_finders():
        for name, source in finder.list([]):
            if name.startswith(("phone/", "clinic/")):
                with source.open(name) as file:
                    storage.save(name, file)
                found[name] = (storage, name)
    # Not compressed as well: that takes half a minute and changes no name.
    for _, _, processed in ManifestStaticFilesStorage.post_process(storage, found):
        assert not isinstance(processed, Exception), processed
    return storage


def test_every_hashed_module_imports_files_that_are_there(tmp_path: Path):
    storage = collect(tmp_path)
    checked = 0
    for name in [*files.names(), "clinic/trend.js"]:
        hashed = tmp_path / storage.stored_name(name)
        assert hashed.exists()
        if name.endswith(".js") and "/vendor/" not in name:
            text = re.sub(r"//.*", "", hashed.read_text(encoding="utf-8"))
            imports = re.findall(r'(?:from|import\() ?"([./][^"]+)"', text)
            for imported in imports:
                assert re.search(r"\.[0-9a-f]{12}\.js$", imported), f"{name} imports {imported} as it is"
                assert (hashed.parent / imported).exists()
            checked += len(imports)
    assert checked > 30

"""What `manage.py bake_figures` writes: the same for ever, small, and what is in the repository."""

import gzip
import re

import pytest

from exercises.figures import svg
from phone.management.commands.bake_figures import PICTURES, PROJECT, STYLE, TRACKS, baked
from tests.figures.test_body import FIGURES

pytestmark = pytest.mark.xdist_group("baked")

KB = 1024

Files = dict[str, str]


@pytest.fixture(scope="module")
def files() -> Files:
    return baked(FIGURES)


def gzipped(text: str) -> int:
    return len(gzip.compress(text.encode(), 9))


def test_what_is_baked_is_what_the_repository_has(files: Files):
    """When this fails, run `manage.py bake_figures`."""
    for name, text in files.items():
        path = PROJECT / name
        assert path.exists(), name
        assert path.read_text(encoding="utf-8") == text, name
    for folder in (TRACKS, PICTURES):
        assert {path.relative_to(PROJECT).as_posix() for path in (PROJECT / folder).iterdir()} <= files.keys()


def test_a_track_is_at_most_two_and_a_half_kilobytes_and_all_are_at_most_eighty(files: Files):
    sizes = {
        name.rpartition("/")[2]: gzipped(text) for name, text in files.items() if name.startswith(TRACKS)
    }
    assert sum(sizes.values()) <= 80 * KB
    shared = {"all.js", "body.js"}
    assert {name: size for name, size in sizes.items() if size > 2.5 * KB and name not in shared} == {}


def test_a_picture_stands_alone_and_fetches_nothing(files: Files):
    for name in files:
        if name.startswith(PICTURES):
            text = files[name].replace("http://www.w3.org/2000/svg", "")
            assert "<style>" in text
            assert not re.search(r"http|url\(|<script|@import|\bon\w+=", text)


def test_line_art_colours_every_part_without_a_variable(files: Files):
    """What makes PDF files may know no variables, and fills what nothing colours with black."""
    for name in files:
        if name.endswith("-line.svg"):
            used = set(re.findall(r'class="(f-[a-z]+)', files[name]))
            assert {one for one in used if f".{one}" not in svg.LINE_ART} == set()
            assert "var(" not in files[name]


def test_the_small_style_says_the_same():
    full = STYLE.read_text(encoding="utf-8")
    assert ".figure :is(" in svg.smaller(full), "the space before a colon is a descendant"
    assert svg.smaller(full).count("{") == re.sub(r"/\*.*?\*/", "", full, flags=re.DOTALL).count("{")
    assert svg.smaller("a { b: c; /* d */ }\n\n.e :is(f, g) { h: i }") == "a{b:c}.e :is(f,g){h:i}"

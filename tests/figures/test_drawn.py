"""The figures as Chromium draws them: against the stills that were looked at, and the phone's way against Python's."""

import base64
import dataclasses
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from exercises.figures.figure import Step
from exercises.figures.scene import Scene
from exercises.figures.track import track
from tests.figures.__main__ import GOLDEN, golden
from tests.figures.test_body import FIGURES

pytestmark = [pytest.mark.xdist_group("drawn"), pytest.mark.processes]
STATIC = Path(__file__).resolve().parents[2] / "phone/static"
HOST = "http://figures.test"
OTHER_PIXELS = 0.004  # of all, which may differ between two builds of a browser
A_FRAME, SLOWER = 2.0, 6  # milliseconds, on a processor that is so many times slower
NEAR = 1.2  # centimetres between a point that is computed and one from a track

COMPARE = """async ([before, after]) => {
    const read = async (data) => {
        const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
        const canvas = new OffscreenCanvas(image.width, image.height);
        const context = canvas.getContext("2d");
        context.drawImage(image, 0, 0);
        return context.getImageData(0, 0, image.width, image.height);
    };
    const [a, b] = [await read(before), await read(after)];
    if (a.width !== b.width || a.height !== b.height) return 1;
    let other = 0;
    for (let i = 0; i < a.data.length; i += 4) if (Math.abs(a.data[i] - b.data[i]) > 64) other++;
    return (4 * other) / a.data.length;
}"""


@pytest.fixture(scope="module")
def page(headless: Browser) -> Iterator[Page]:
    """An empty page that finds the phone's modules."""
    page = headless.new_page()

    def answer(route: Route) -> None:
        path = STATIC / route.request.url.removeprefix(f"{HOST}/")
        if path.suffix == ".js":
            route.fulfill(path=path, content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html><html lang=en><body></body>", content_type="text/html")

    page.route(f"{HOST}/**", answer)
    page.goto(f"{HOST}/")
    yield page
    page.close()


@pytest.mark.parametrize("slug", FIGURES)
def test_its_stills_look_as_when_they_were_last_looked_at(headless: Browser, page: Page, slug: str):
    """When a change is meant: `python -m tests.figures --golden`, and look at what it wrote."""
    kept = GOLDEN / f"{slug}.png"
    assert kept.exists(), f"no golden still of {slug}: python -m tests.figures --golden {slug}"
    pictures = [
        base64.b64encode(one).decode() for one in (kept.read_bytes(), golden(headless, FIGURES[slug]))
    ]
    assert page.evaluate(COMPARE, pictures) <= OTHER_PIXELS


def numbers(data: str) -> list[float]:
    return [float(one) for one in re.findall(r"-?\d+\.?\d*", data)]


def corners(data: str) -> list[tuple[float, float]]:
    """The points that a path goes through; not how its curves bend."""
    found = []
    for kind, rest in re.findall(r"([MLAC])([^MLACZ]*)", data):
        *_, x, y = numbers(rest)
        if kind in "MLAC":
            found.append((x, y))
    return found


def placed(point: tuple[float, float], transform: str) -> tuple[float, float]:
    """Where "translate(x y) rotate(a)" brings a point."""
    if not transform:
        return point
    x, y, degrees = numbers(transform)
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return (x + c * point[0] - s * point[1], y + s * point[0] + c * point[1])


@pytest.mark.parametrize("slug", FIGURES)
def test_the_phone_draws_what_python_draws(page: Page, slug: str):
    figure = FIGURES[slug]
    scene = Scene(figure)
    times = [figure.seconds * i / 13 for i in range(13)]
    found: list[list[list[Any]]] = page.evaluate(
        f"""async ([slug, times]) => {{
            const {{ paths, trackOf }} = await import("{HOST}/phone/figures/figure.js");
            const track = await trackOf(slug);
            const drawn = new Map();
            return times.map((t) => paths(track, t, 1, drawn));
        }}""",
        [slug, times],
    )
    for t, paths in zip(times, found, strict=True):
        lines = scene.lines(t, arrows=False)[len(scene.room()) :]
        assert [path[1] for path in paths] == [
            f"f-{line.paint}{' far' if line.far else ''}" for line in lines
        ]
        for (name, _, data, seen, transform), line in zip(paths, lines, strict=True):
            mine, theirs = corners(line.data), [placed(one, transform) for one in corners(data)]
            if len(mine) != len(theirs):  # a tube that is short is one round
                continue
            off = max(max(abs(a - c), abs(b - d)) for (a, b), (c, d) in zip(mine, theirs, strict=True))
            assert off < NEAR, f"{name} at {t:.2f} s is {off:.2f} cm beside"
            assert seen == pytest.approx(line.seen, abs=0.03)


@pytest.mark.parametrize("moves", [False, True], ids=["only holds", "begins with a hold"])
def test_the_phone_draws_a_figure_that(page: Page, moves: bool):
    bridge = FIGURES["bridge"]
    hold = Step(bridge.steps[0].poses[:1], 2.0, dose=True)
    steps = (hold, *bridge.steps) if moves else (hold,)
    stills = bridge.stills if moves else ("start",)
    figure = dataclasses.replace(bridge, steps=steps, stills=stills, arrows=())
    scene = Scene(figure)
    times = [0.0, 1.0, *(figure.seconds * i / 7 for i in range(7))]
    found: list[list[list[Any]]] = page.evaluate(
        f"""async ([track, times]) => {{
            const {{ paths }} = await import("{HOST}/phone/figures/figure.js");
            const drawn = new Map();
            return times.map((t) => paths(track, t, 1, drawn));
        }}""",
        [track(figure), times],
    )
    for t, paths in zip(times, found, strict=True):
        lines = scene.lines(t)[len(scene.room()) :]
        for (_, _, data, seen, transform), line in zip(paths, lines, strict=True):
            mine, theirs = corners(line.data), [placed(one, transform) for one in corners(data)]
            off = max(max(abs(a - c), abs(b - d)) for (a, b), (c, d) in zip(mine, theirs, strict=True))
            assert off < NEAR
            assert seen == pytest.approx(line.seen, abs=0.03)


def test_a_frame_takes_less_than_two_milliseconds_on_a_slow_phone(page: Page):
    """Undisturbed, and then six times over: what else this machine does would measure the machine."""
    taken = page.evaluate(
        f"""async () => {{
            await import("{HOST}/phone/figures/figure.js");
            const figure = document.createElement("amble-figure");
            figure.setAttribute("exercise", "graded-walk");
            document.body.append(figure);
            while (!figure.drawings.length) await new Promise((done) => setTimeout(done, 20));
            figure.see(false);
            const taken = [];
            for (let batch = 0; batch < 150; batch++) {{
                const start = performance.now();
                for (let i = 0; i < 4; i++) figure.drawings[0].show(batch / 7 + i / 60);
                taken.push((performance.now() - start) / 4);
            }}
            return Math.min(...taken); // what else the machine does only makes a batch slower
        }}"""
    )
    assert SLOWER * taken < A_FRAME, taken

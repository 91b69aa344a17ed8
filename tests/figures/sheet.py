"""Figures as pages and as pictures, by Chromium: what the contact sheets, the golden stills and an author look at."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from playwright.sync_api import Browser, Page

from exercises.figures import svg
from exercises.figures.figure import Figure
from exercises.figures.scene import Scene

STYLE = Path(__file__).resolve().parents[2] / "exercises/static/exercises/figures.css"
MODES = ("colour", "dark", "line")
INK = {"colour": ("#FFFFFF", "#4B5A55"), "dark": ("#18221F", "#A9B8B1"), "line": ("#FFFFFF", "#000000")}


def moments(figure: Figure, times: Iterable[float], width: int, height: int) -> str:
    """Several moments of one figure beside each other."""
    view = " ".join(map(str, Scene(figure).view))
    return "".join(
        f'<svg class="figure" viewBox="{view}" width="{width}" height="{height}">{svg.still(figure, t)}</svg>'
        for t in times
    )


def page(cells: Sequence[tuple[str, str]], mode: str, columns: int) -> str:
    """A sheet of cells, each a name and its pictures."""
    paper, ink = INK[mode]
    inside = "".join(f"<div><p>{escape(name)}</p>{pictures}</div>" for name, pictures in cells)
    return (
        f'<!doctype html><meta name="color-scheme" content="light dark"><style>{STYLE.read_text(encoding="utf-8")}'
        f"body{{margin:0;background:{paper};color:{ink};font:13px sans-serif}}"
        f"main{{display:grid;grid-template-columns:repeat({columns},max-content);width:max-content}}"
        f"p{{margin:6px 8px 0}} main>div{{border:1px solid #8883}}</style>"
        f'<main class="{mode}">{inside}</main>'
    )


def shoot(browser: Browser, html: str, mode: str) -> bytes:
    """The picture of a page, as PNG."""
    tab: Page = browser.new_page(color_scheme="dark" if mode == "dark" else "light")
    try:
        tab.set_content(html)
        return tab.locator("main").screenshot(animations="disabled")
    finally:
        tab.close()


def stills(figure: Figure) -> list[float]:
    return [figure.time_of(name) for name in figure.stills]

"""Pictures of the figures, to be looked at.

python -m tests.figures                     the contact sheets: docs/figures/{colour,dark,line}.png
python -m tests.figures bridge … --to DIR   one picture for each named figure: its course in seven moments, all modes
python -m tests.figures --golden            the stills that tests compare with: tests/figures/golden/<slug>.png
"""

import argparse
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from exercises.figures.figure import Figure
from exercises.figures.reader import read
from tests.browser.chromium import FLAGS, chromium
from tests.figures.sheet import MODES, moments, page, shoot, stills

PROJECT = Path(__file__).resolve().parents[2]
SHEETS = PROJECT / "docs/figures"
GOLDEN = Path(__file__).with_name("golden")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("slugs", nargs="*")
    parser.add_argument("--to", type=Path, default=Path.cwd())
    parser.add_argument("--golden", action="store_true")
    asked = parser.parse_args()
    figures = read()
    chosen = {slug: figures[slug] for slug in asked.slugs or figures}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        if asked.golden:
            _golden(browser, chosen)
        elif asked.slugs:
            _courses(browser, chosen, asked.to)
        else:
            _sheets(browser, figures)
        browser.close()


def _sheets(browser: Browser, figures: dict[str, Figure]) -> None:
    SHEETS.mkdir(exist_ok=True)
    for mode in MODES:
        cells = [(slug, moments(figure, stills(figure), 210, 150)) for slug, figure in figures.items()]
        (SHEETS / f"{mode}.png").write_bytes(shoot(browser, page(cells, mode, 3), mode))


def _courses(browser: Browser, figures: dict[str, Figure], to: Path) -> None:
    for slug, figure in figures.items():
        times = sorted({*stills(figure), *(figure.seconds * i / 6 for i in range(6))})[:8]
        for mode in MODES:
            cells = [(f"{slug} {t:.1f} s", moments(figure, [t], 430, 330)) for t in times]
            (to / f"{slug}-{mode}.png").write_bytes(shoot(browser, page(cells, mode, 3), mode))


def _golden(browser: Browser, figures: dict[str, Figure]) -> None:
    GOLDEN.mkdir(exist_ok=True)
    for slug, figure in figures.items():
        (GOLDEN / f"{slug}.png").write_bytes(golden(browser, figure))


def golden(browser: Browser, figure: Figure) -> bytes:
    """Both stills in line art, small."""
    return shoot(browser, page([("", moments(figure, stills(figure), 150, 110))], "line", 1), "line")


if __name__ == "__main__":
    main()

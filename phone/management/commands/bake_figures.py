"""Writes what is drawn of the exercises: a track for the phone, and two stills in colour and in line art."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from exercises.catalog.reader import CatalogError
from exercises.figures import reader, svg, track
from exercises.figures.figure import Figure

PROJECT = Path(__file__).resolve().parents[3]
TRACKS = "phone/static/phone/figures/tracks"
PICTURES = "exercises/static/exercises/figures"
STYLE = PROJECT / "exercises/static/exercises/figures.css"


class Command(BaseCommand):
    help = "Writes the tracks and stills of all figures again; the same files give the same bytes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, default=PROJECT, help="The project's folder, or another.")

    def handle(self, *args: Any, to: Path, **options: Any) -> None:
        try:
            figures = reader.read()
        except CatalogError as error:
            raise CommandError(
                f"Nothing was written. Correct these fields and run it again:\n{error}"
            ) from None
        wanted = baked(figures)
        for folder in (to / TRACKS, to / PICTURES):
            folder.mkdir(parents=True, exist_ok=True)
            for path in folder.iterdir():
                if path.relative_to(to).as_posix() not in wanted:
                    path.unlink()
        changed = 0
        for name, text in wanted.items():
            path = to / name
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                path.write_text(text, encoding="utf-8")
                changed += 1
        self.stdout.write(
            f"{len(figures)} figures: {changed} files written, {len(wanted) - changed} unchanged."
        )


def baked(figures: dict[str, Figure]) -> dict[str, str]:
    """Every file by its name in the project."""
    style = svg.smaller(STYLE.read_text(encoding="utf-8"))
    files = {f"{TRACKS}/body.js": track.as_module({**track.shared(), "style": style})}
    for slug, figure in figures.items():
        files[f"{TRACKS}/{slug}.js"] = track.as_module(track.track(figure))
        files[f"{PICTURES}/{slug}.svg"] = svg.picture(figure, style)
        files[f"{PICTURES}/{slug}-line.svg"] = svg.picture(figure, svg.LINE_ART)
    rows = "".join(f'  "{slug}": () => import("./{slug}.js"),\n' for slug in sorted(figures))
    files[f"{TRACKS}/all.js"] = f"// Written by manage.py bake_figures.\n\nexport default {{\n{rows}}};\n"
    return files

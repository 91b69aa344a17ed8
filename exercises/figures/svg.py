"""A figure's stills as SVG, whose colours are variables of the page. PURE."""

from html import escape

from exercises.figures.figure import Figure
from exercises.figures.scene import Line, Scene


def element(line: Line) -> str:
    seen = "" if line.seen >= 0.995 else f' opacity="{line.seen:.2f}"'
    return f'<path class="f-{line.paint}{" far" if line.far else ""}"{seen} d="{line.data}"/>'


def still(figure: Figure, t: float, *, title: str = "", arrows: bool = True) -> str:
    """One moment. Without a title it is decoration beside words that say the same."""
    scene = Scene(figure)
    left, top, width, height = scene.view
    named = f'role="img" aria-label="{escape(title)}"' if title else 'aria-hidden="true"'
    paths = "".join(element(line) for line in scene.lines(t, arrows=arrows) if line.seen > 0.005)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="figure" viewBox="{left} {top} {width} {height}" {named}>{paths}</svg>'
    )

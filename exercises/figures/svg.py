"""A figure's stills as SVG, whose colours are variables of the page. PURE."""

import re
from html import escape

from exercises.figures.figure import Figure
from exercises.figures.scene import Line, Scene

GAP = 12


def smaller(style: str) -> str:
    """A style sheet without comments and needless space."""
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    style = re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+", " ", style))
    return style.replace(": ", ":").replace(";}", "}").strip()


# Line art for paper: what figures.css says of .line, without variables, which a maker of PDF files may not know.
LINE_ART = smaller("""
path { fill: none; stroke-linejoin: round; stroke-linecap: round; paint-order: stroke }
.f-skin, .f-tee, .f-hair, .f-shorts, .f-shoes, .f-wood, .f-leg, .f-cupboard { stroke: #000; stroke-width: 2 }
.f-skin, .f-tee { fill: #FFF }
.f-hair { fill: #555 }
.f-shorts { fill: #DDD }
.f-shoes { fill: #AAA }
.f-wood, .f-leg, .f-cupboard { fill: #EEE }
.f-cupboard { opacity: .35 }
.f-mat, .f-floor, .f-wall { fill: #CCC }
.f-face, .f-glow, .f-nerve, .f-arrow { stroke: #000 }
.f-glow { stroke-width: 2.6; stroke-dasharray: .1 4.4 }
.f-nerve { stroke-width: 2.4; stroke-dasharray: 4 3.6 }
.f-arrow { stroke-width: 2.6 }
""")


def element(line: Line) -> str:
    seen = "" if line.seen >= 0.995 else f' opacity="{line.seen:.2f}"'
    return f'<path class="f-{line.paint}{" far" if line.far else ""}"{seen} d="{line.data}"/>'


def still(figure: Figure, t: float) -> str:
    """One moment, as the paths of a picture whose edges are Scene.view."""
    return "".join(element(line) for line in Scene(figure).lines(t) if line.seen > 0.005)


def picture(figure: Figure, style: str, language: str = "en") -> str:
    """Its stills side by side, in a file that stands alone: coloured by `style`, its own style sheet.

    As `file.svg#end` an img shows the second one alone.
    """
    left, top, width, height = Scene(figure).view
    shown = [still(figure, figure.time_of(name)) for name in figure.stills]
    groups = "".join(
        f'<g transform="translate({i * (width + GAP)} 0)">{one}</g>' for i, one in enumerate(shown)
    )
    whole = len(shown) * (width + GAP) - GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="figure" viewBox="{left} {top} {whole} {height}" '
        f'role="img" aria-label="{escape(description(figure, language))}">'
        f"<style>{style}#end:target+g{{display:none}}</style>"
        f'<view id="end" viewBox="{left + width + GAP} {top} {width} {height}"/>{groups}</svg>\n'
    )


def description(figure: Figure, language: str) -> str:
    """What the figure shows, in one breath."""
    text = figure.text.get(language) or figure.text["en"]
    return " ".join(text[name] for name in ("start", "move", "end"))

"""Reads the files of figures, exercises/catalog/figures/<slug>.toml, and checks their names. PURE.

docs/figures.md says what each field means. Whether a figure is a possible body in the right place is for tests/figures.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from exercises.catalog.reader import FOLDER as CATALOG
from exercises.catalog.reader import CatalogError
from exercises.catalog.table import Problem, tables
from exercises.figures.body import SIDES
from exercises.figures.figure import Arrow, Figure, Step
from exercises.figures.rig import POSTURES, SPINE, USUAL
from exercises.figures.scene import REGIONS
from exercises.figures.space import Camera

FOLDER = CATALOG / "figures"
FIELDS = {
    "posture", "anchor", "camera", "fit", "far", "props", "order", "highlight", "easier", "stills", "course", "arrows",
    "poses", "text",
}  # fmt: skip
PROPS = {"mat", "chair", "wall", "worktop", "step", "stick", "bike", "shoes"}
BENDS = {bend for _, _, bend, _ in SPINE}
TRUNK = {"at", "turn", "tilt", "sway", "lean", "belly", "glow", "order"} | {
    f"{bend}{way}" for bend in BENDS for way in ("", ".side", ".turn")
}
LIMBS = {
    "hip", "apart", "spin", "lean", "knee", "shin", "ankle", "toes", "foot", "heading", "sole", "knee_to",
    "forward", "shrug", "tuck", "raise", "away", "twist", "elbow", "palm", "wrist", "hand", "elbow_to", "elbow_on",
    "forearm", "fingers", "thumb", "curl",
}  # fmt: skip


def read(folder: Path = FOLDER) -> dict[str, Figure]:
    """Every figure of a folder by its slug. Raises CatalogError with every fault."""
    problems: list[Problem] = []
    figures: dict[str, Figure] = {}
    for slug, table in tables(folder, problems):
        poses = _poses(table.values)
        faults = [Problem(f"figures/{slug}.toml", *one) for one in _faults(table.values, poses)]
        problems += faults
        if not faults:
            figures[slug] = _figure(slug, table.values, poses)
    if problems:
        raise CatalogError(problems)
    return figures


class Drawn(NamedTuple):
    """What pages know of a drawing: its version, which changes with any byte of its file, and its words by language."""

    version: str
    text: Mapping[str, Mapping[str, str]]


@cache
def drawn() -> Mapping[str, Drawn]:
    """Each drawing by the slug of its exercise, as it was when this process first asked."""
    files = {path.stem: path.read_bytes() for path in FOLDER.glob("*.toml")}
    return {
        slug: Drawn(sha256(file).hexdigest()[:12], tomllib.loads(file.decode())["text"])
        for slug, file in files.items()
    }


def _poses(given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Each pose has what the one before it has (or the one it is `like`), but for what it says itself."""
    poses: dict[str, dict[str, Any]] = {}
    before: dict[str, Any] = {}
    for row in given.get("poses", ()):
        own = {name: value for name, value in row.items() if name not in ("name", "like")}
        before = {**poses.get(row.get("like", ""), before), **_flat(own)}
        poses[row.get("name", "")] = before
    for name in {name for pose in poses.values() for name in pose}:
        known = [pose[name] for pose in poses.values() if name in pose]
        for pose in poses.values():
            if isinstance(known[0], int | float):
                pose.setdefault(name, USUAL.get(name.rpartition(".")[2], 0.0))
    return poses


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """{both: {hip: 45}} as {right.hip: 45, left.hip: 45}; {neck: {bend: 9, turn: 20}} as {neck: 9, neck.turn: 20}."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if name in (*SIDES, "both"):
            for side in SIDES if name == "both" else (name,):
                found |= {f"{side}.{one}": deep for one, deep in value.items()}
        elif isinstance(value, dict):
            found |= {name if one == "bend" else f"{name}.{one}": deep for one, deep in value.items()}
        else:
            found[name] = value
    return found


def _faults(given: Mapping[str, Any], poses: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for name in sorted(given.keys() - FIELDS):
        yield name, f"is not a field here; allowed are {', '.join(sorted(FIELDS))}."
    for name in ("posture", "stills", "course", "poses", "text"):
        if name not in given:
            yield name, "is missing."
    if given.get("posture") not in POSTURES:
        yield "posture", f"must be one of {', '.join(POSTURES)}."
    for prop in given.get("props", ()):
        if prop.get("kind") not in PROPS:
            yield "props", f"'{prop.get('kind')}' is none; allowed are {', '.join(sorted(PROPS))}."
    for region in given.get("highlight", ()):
        if region.rpartition(" ")[2] not in REGIONS:
            yield "highlight", f"'{region}' is no region; allowed are {', '.join(REGIONS)}."
    for pose, values in poses.items():
        for name in sorted(values):
            side, _, limb = name.partition(".")
            if name not in TRUNK and not (side in SIDES and limb in LIMBS):
                yield f"poses {pose}", f"'{name}' is no angle and no pin: docs/figures.md has their names."
    named = [*given.get("stills", ()), *(name for row in given.get("course", ()) for name in _to(row))]
    named += [name for row in given.get("arrows", ()) for name in row.get("move", ())]
    for name in sorted(set(named) - poses.keys()):
        yield "course", f"'{name}' is no pose of this figure."


def _to(row: Mapping[str, Any]) -> Iterable[str]:
    to = row.get("to", ())
    return [to] if isinstance(to, str) else to


def _figure(slug: str, given: Mapping[str, Any], poses: Mapping[str, Mapping[str, Any]]) -> Figure:
    steps: list[Step] = []
    now = next(iter(poses))
    for row in given["course"]:
        if "hold" in row:
            steps.append(Step((now,), float(row["hold"]), dose=bool(row.get("dose"))))
        else:
            steps.append(Step((now, *_to(row)), float(row["seconds"]), even=bool(row.get("even"))))
            now = steps[-1].poses[-1]
    return Figure(
        slug=slug,
        posture=given["posture"],
        anchor=given.get("anchor", "hips"),
        camera=Camera(*map(float, given.get("camera", (0, 0, 0)))),
        fit=given.get("fit"),
        poses=poses,
        steps=tuple(steps),
        stills=tuple(given["stills"]),
        props=tuple(given.get("props", ())),
        order=tuple(given.get("order", ())),
        highlight=tuple(given.get("highlight", ())),
        arrows=tuple(
            Arrow(
                row["joint"],
                tuple(row["move"]),
                tuple(row.get("beside", (0.0, 0.0))),
                tuple(row.get("part", (0.1, 0.9))),
                tuple(row.get("at", (0.0, 0.0))),
                float(row.get("larger", 1.0)),
            )
            for row in given.get("arrows", ())
        ),
        far=given.get("far", "left"),
        easier=float(given.get("easier", 1.0)),
        text=given["text"],
    )

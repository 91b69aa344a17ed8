"""Reads the files of figures, exercises/catalog/figures/<slug>.toml, and checks every field. PURE."""

from pathlib import Path
from typing import Any

from exercises.catalog.reader import FOLDER as CATALOG
from exercises.catalog.reader import CatalogError
from exercises.catalog.table import Problem, Table, tables
from exercises.figures.body import SIDES
from exercises.figures.figure import Arrow, Figure, Step
from exercises.figures.rig import POSTURES, USUAL
from exercises.figures.space import Camera

FOLDER = CATALOG / "figures"


def read(folder: Path = FOLDER) -> dict[str, Figure]:
    """Every figure of a folder by its slug. Raises CatalogError with every fault."""
    problems: list[Problem] = []
    figures = {slug: _figure(table.values, slug) for slug, table in tables(folder, problems)}
    if problems:
        raise CatalogError(problems)
    return figures


def _figure(given: dict[str, Any], slug: str) -> Figure:
    poses: dict[str, dict[str, Any]] = {}
    before: dict[str, Any] = {}
    for row in given["poses"]:
        like = poses[row["like"]] if "like" in row else before
        before = {
            **like,
            **_flat({name: value for name, value in row.items() if name not in ("name", "like")}),
        }
        poses[row["name"]] = before
    for name in {name for pose in poses.values() for name in pose}:
        for pose in poses.values():
            if name not in pose and isinstance(given_value(name, poses), int | float):
                pose[name] = USUAL.get(name.rpartition(".")[2], 0.0)
    first = given["poses"][0]["name"]
    steps, now = [], first
    for row in given["course"]:
        if "hold" in row:
            steps.append(Step((now,), float(row["hold"]), dose=bool(row.get("dose"))))
        else:
            to = [row["to"]] if isinstance(row["to"], str) else row["to"]
            steps.append(Step((now, *to), float(row["seconds"]), even=bool(row.get("even"))))
            now = to[-1]
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
                tuple(row.get("beside", (0, 0))),
                tuple(row.get("part", (0.1, 0.9))),
            )
            for row in given.get("arrows", ())
        ),
        far=given.get("far", "left"),
        easier=float(given.get("easier", 1.0)),
        text=given["text"],
    )


def given_value(name: str, poses: dict[str, dict[str, Any]]) -> Any:
    return next(pose[name] for pose in poses.values() if name in pose)


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """{both: {hip: 45}} as {right.hip: 45, left.hip: 45}."""
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


__all__ = ["FOLDER", "POSTURES", "Table", "read"]

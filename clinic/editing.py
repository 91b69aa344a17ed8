"""What the buttons of the line editor do: one name each, the same with scripts and without."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clinic.lines import LABEL, Posted
from exercises.models import Exercise
from recovery.actions.plan import Line


@dataclass(frozen=True, slots=True)
class Edited:
    """The lines after a button. `said` is a sentence for people, `focus` the id of what the keyboard goes on with.

    `undo` are the lines before, where the button took something away.
    """

    lines: list[Line]
    said: str = ""
    focus: str = ""
    undo: list[Line] | None = None


class UnknownButton(ValueError):
    """No button of the page has this name, or its line is gone."""


def edit(posted: Posted, do: str, exercises: Mapping[int, Exercise]) -> Edited:
    """`do` is "save", "up.2", "more.2.sets", "add.17" and so on: a verb and what it is about."""
    verb, *about = do.split(".")
    lines = list(posted.lines)
    try:
        if verb == "save":
            return Edited(lines)
        if verb == "add":
            return _add(lines, exercises[int(about[0])])
        n = posted.at(about[0])
        if verb in ("more", "less"):
            return Edited(
                _step(lines, n, about[1], 1 if verb == "more" else -1, exercises), focus=f"{n}-{about[1]}"
            )
        name = exercises[lines[n]["exercise"]].text_in("en")["name"]
        if verb == "remove":
            said = f"{name} is removed."
            return Edited(lines[:n] + lines[n + 1 :], said, "undo", undo=lines)
        if verb in ("up", "down"):
            return _move(lines, n, -1 if verb == "up" else 1, name)
        if verb in ("easier", "harder"):
            return _variant(lines, n, verb, exercises)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise UnknownButton(do) from error
    raise UnknownButton(do)


def _add(lines: list[Line], exercise: Exercise) -> Edited:
    if exercise.retired_on is not None:
        raise UnknownButton(exercise.slug)
    name = exercise.text_in("en")["name"]
    return Edited(
        [*lines, _new_line(exercise)], f"{name} is added as number {len(lines) + 1}.", f"line-{len(lines)}"
    )


def _new_line(exercise: Exercise) -> Line:
    return {
        "exercise": exercise.pk,
        "dosage": exercise.default.on([]).as_json(),
        "weekdays": [],
        "side": "",
        "note": "",
    }


def _step(lines: list[Line], n: int, name: str, by: int, exercises: Mapping[int, Exercise]) -> list[Line]:
    """One more or less, inside the exercise's range: at its end the number stays."""
    bounds = exercises[lines[n]["exercise"]].allowed.bounds
    if name not in LABEL or name not in bounds:
        raise KeyError(name)
    value = lines[n]["dosage"].get(name)
    start = value if isinstance(value, int) else bounds[name].least - by
    dosage = lines[n]["dosage"] | {name: min(max(start + by, bounds[name].least), bounds[name].most)}
    return [*lines[:n], lines[n] | {"dosage": dosage}, *lines[n + 1 :]]


def _move(lines: list[Line], n: int, by: int, name: str) -> Edited:
    to = min(max(n + by, 0), len(lines) - 1)
    lines.insert(to, lines.pop(n))
    return Edited(lines, f"{name} moved to {to + 1} of {len(lines)}.", f"{'up' if by < 0 else 'down'}-{to}")


def _variant(lines: list[Line], n: int, which: str, exercises: Mapping[int, Exercise]) -> Edited:
    """Another exercise in the same place, at its own usual dose: neither note nor side fits it."""
    own = exercises[lines[n]["exercise"]]
    variant = exercises[own.easier_id if which == "easier" else own.harder_id]  # type: ignore[index]
    changed: dict[str, Any] = _new_line(variant) | {"weekdays": lines[n].get("weekdays") or []}
    was, name = own.text_in("en")["name"], variant.text_in("en")["name"]
    said = f"{name} stands in place of {was}, at its usual dose."
    return Edited([*lines[:n], changed, *lines[n + 1 :]], said, f"line-{n}", undo=lines)

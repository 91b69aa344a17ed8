"""What a patient answered to the outcome measures, and whether their own word agrees with their diary."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from clinic import words

OUT_OF = {"psfs": "of 10, more is better", "rmdq": "of 24, less is better"}


@dataclass(frozen=True, slots=True)
class Answer:
    on: date
    week: int | None
    score: str
    change: str


@dataclass(frozen=True, slots=True)
class Measure:
    name: str
    out_of: str
    due: str
    answers: list[Answer]  # newest first


def measured(found: Mapping[str, Any]) -> list[Measure]:
    """Of what `recovery.measuring.measures` tells: the instruments that were answered or are due."""
    return [
        Measure(
            one["name"],
            OUT_OF.get(one["instrument"], ""),
            f"asked since {words.day(one['due']['since'])}" if one["due"] else "",
            [_answer(answer) for answer in reversed(one["answers"])],
        )
        for one in found["instruments"]
        if one["answers"] or one["due"]
    ]


def _answer(answer: Mapping[str, Any]) -> Answer:
    score = _spoken(answer["effect"]) if answer["effect"] else words.pain(answer["score"])
    return Answer(answer["on"], answer["week"], score, _change(answer["change"]) if answer["change"] else "")


def _change(change: Mapping[str, Any]) -> str:
    said = _spoken(change["verdict"])
    if change["points"] is None:
        return said
    return f"{said}, by {words.pain(abs(change['points']))}"


def agreement(recovery: Mapping[str, Any]) -> list[str]:
    """Relief and recovery by the diary, beside the patient's own word: what is known of them, a sentence each."""
    said = []
    if recovery["improved_on"]:
        said.append(f"Meaningful improvement since {words.day(recovery['improved_on'])}.")
    if relief := recovery["relief"]:
        ended = "" if relief["stands"] else ", which has ended"
        said.append(f"Relief by the diary on {words.day(relief['on'])}{ended}.")
    if recovery["recovered"]:
        said.append("Recovered, by the diary and by the patient’s own word.")
    elif recovery["agree"] is not None:
        said.append(
            "Diary and the patient’s own word agree."
            if recovery["agree"]
            else "Diary and the patient’s own word do not agree: ask."
        )
    return said


def _spoken(code: str) -> str:
    return str(code).replace("_", " ")

"""A week of a paper diary, for patients without a phone: one form, and the records a phone would have made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from clinic import words
from clinic.caring import CaringPage, open_episode
from recovery.actions.paper import WEEK_DAYS, Box, paper, type_paper
from recovery.models import Episode

LABEL = {"leg": "Leg", "back": "Back", "sessions": "Sessions done"}
LONGEST_NUMBER = 3


@dataclass(frozen=True, slots=True)
class Cell:
    """One box: its field's name, label and value as typed, and why it could not be taken."""

    name: str
    label: str
    value: str
    most: int
    wrong: str


@dataclass(frozen=True, slots=True)
class Row:
    day: str
    asked: int
    cells: list[Cell]


class PaperDiary(CaringPage):
    """`?from=` is the first of the seven days; else they are the last seven that have ended."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        episode = open_episode(self.patient_in_care(pk))
        return self._show(episode, self._first(episode), {}, {})

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Boxes that can be taken are; the others are named, with what was typed in them still there."""
        episode = open_episode(self.patient_in_care(pk))
        first = self._first(episode)
        boxes: dict[Box, int | None] = {}
        wrong: dict[Box, str] = {}
        for n in range(WEEK_DAYS):
            for name in LABEL:
                box, typed = Box(first + timedelta(days=n), name), request.POST.get(f"{name}-{n}")
                if typed is None:
                    continue
                typed = typed.strip()
                if typed and not (typed.isascii() and typed.isdigit() and len(typed) <= LONGEST_NUMBER):
                    wrong[box] = "Use a whole number." if name == "sessions" else "Use 0 to 10."
                else:
                    boxes[box] = int(typed) if typed else None
        result = type_paper(episode=episode, first=first, boxes=boxes, by=self.actor.user_id, now=self.now)
        wrong |= result.wrong
        if wrong:
            return self._show(episode, first, wrong, request.POST.dict(), result.written, status=422)
        messages.success(request, _told(result.written))
        return redirect(f"{reverse('clinic:paper', args=[pk])}?from={first.isoformat()}")

    def _first(self, episode: Episode) -> date:
        today = episode.patient.local_date(self.now)
        asked = self.request.POST.get("from") or self.request.GET.get("from", "")
        try:
            first = date.fromisoformat(asked)
        except ValueError:
            first = today - timedelta(days=WEEK_DAYS)
        return min(max(first, episode.onset_on), today)

    def _show(
        self,
        episode: Episode,
        first: date,
        wrong: dict[Box, str],
        typed: dict[str, str],
        written: int = 0,
        status: int = 200,
    ) -> HttpResponse:
        week = paper(episode=episode, first=first, now=self.now)
        rows = [
            Row(
                f"{words.WEEKDAYS[on.weekday()]} {on.day} {on:%B}",
                week.asked[on],
                [self._cell(n, Box(on, name), week.asked[on], week.typed, wrong, typed) for name in LABEL],
            )
            for n, on in enumerate(week.days)
        ]
        today = episode.patient.local_date(self.now)
        context = {
            "patient": episode.patient,
            "first": first,
            "last": week.days[-1],
            "before": first - timedelta(days=WEEK_DAYS),
            "after": after if (after := first + timedelta(days=WEEK_DAYS)) <= today else None,
            "rows": rows,
            "wrong": [(row.day, cell) for row in rows for cell in row.cells if cell.wrong],
            "written": _told(written) if wrong and written else "",
            "at": "patients",
        }
        return self.page("paper.html", context, status=status)

    def _cell(
        self,
        n: int,
        box: Box,
        asked: int,
        known: Mapping[Box, int],
        wrong: dict[Box, str],
        typed: dict[str, str],
    ) -> Cell:
        name = f"{box.name}-{n}"
        stored = known.get(box)
        value = typed.get(name, "" if stored is None else str(stored))
        most = asked if box.name == "sessions" else 10
        return Cell(name, LABEL[box.name], value, most, wrong.get(box, ""))


def _told(written: int) -> str:
    if not written:
        return "Nothing was changed."
    return f"{written} box is saved." if written == 1 else f"{written} boxes are saved."

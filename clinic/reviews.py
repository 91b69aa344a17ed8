"""Reviews that fell due, and what was found on looking at the patient again."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from clinic import words
from clinic.acting import Page
from clinic.forms import ReexaminationForm
from recovery.actions.reviews import record_reexamination
from recovery.models import Episode, Progress, Reexamination, Review
from recovery.owners import owners

SHOWN = 100
PAST = 10
FINDINGS = ("heel_walk", "toe_walk", "big_toe_strength", "reflex", "sensation", "straight_leg_raise")


@dataclass(frozen=True, slots=True)
class OpenReview:
    """What is open of one episode, by the review that has been due longest."""

    row: Review
    why: str  # empty for whoever may not read the record
    people: str
    late: int  # days
    more: int


class Reviews(Page):
    def get(self, request: HttpRequest) -> HttpResponse:
        """What is open, longest due first, and whose it is by now."""
        visible = Review.objects.visible_to(self.actor).open()
        rows = visible | Review.objects.left_to_administrators(self.actor)
        shown = list(rows.select_related("patient").order_by("due_on", "id")[: SHOWN + 1])
        owned = owners(shown[:SHOWN], today=self.actor.today)
        record = set(owned)
        if self.actor.is_administrator:
            record = set(visible.filter(pk__in=owned).values_list("pk", flat=True))
        context = {
            "reviews": [
                OpenReview(
                    row,
                    row.in_words if row.pk in record else "",
                    ", ".join(name for _, name in owned[row.pk].people),
                    (self.actor.today - row.due_on).days,
                    more,
                )
                for row, more in _by_episode(shown[:SHOWN])
            ],
            "more": len(shown) > SHOWN,
            "shown": SHOWN,
            "at": "reviews",
        }
        return self.page("reviews.html", context)


def _by_episode(rows: Sequence[Review]) -> Sequence[tuple[Review, int]]:
    """The longest due of each episode, and how many more there are of it: one re-examination answers them all."""
    first: dict[int, Review] = {}
    for row in rows:
        first.setdefault(row.episode_id, row)
    counts = Counter(row.episode_id for row in rows)
    return [(row, counts[row.episode_id] - 1) for row in first.values()]


@dataclass(frozen=True, slots=True)
class Version:
    row: Reexamination
    found: list[str]


@dataclass(frozen=True, slots=True)
class Past:
    """A re-examination as it was last corrected, and what it said before, newest first."""

    first: int
    now: Version
    before: list[Version]


class RecordReview(Page):
    """The form of a re-examination: it answers every open review of the episode.

    `?corrects=` is the first recording of one that was entered wrong. It is recorded once more, with why, and what it
    said before stays.
    """

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        rows = Episode.objects.visible_to(self.actor).select_related("patient")
        episode = get_object_or_404(rows, pk=pk)
        wrong = self._wrong(episode)
        return self.show(episode, ReexaminationForm(initial=_said(wrong) if wrong else None), wrong)

    def show(
        self, episode: Episode, form: ReexaminationForm, wrong: Reexamination | None, status: int = 200
    ) -> HttpResponse:
        if wrong:
            form.ask_why()
        context = {
            "episode": episode,
            "patient": episode.patient,
            "progress": Progress.objects.get(pk=episode.pk),
            "place": words.place(episode),
            "due": list(Review.objects.open().filter(episode=episode).order_by("due_on")),
            "form": form,
            "wrong": wrong,
            "findings": [form[name] for name in FINDINGS],
            "past": _past(episode)[:PAST],
            "at": "reviews",
        }
        return self.page("review.html", context, status=status)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        episode = self.seen(Episode.objects.select_related("patient"), pk)
        wrong, form = self._wrong(episode), ReexaminationForm(request.POST)
        if wrong:
            form.ask_why()
        if not form.is_valid():
            return self.show(episode, form, wrong, status=422)
        first = (wrong.corrects_id or wrong.pk) if wrong else None
        said: dict[str, Any] = form.cleaned_data | {"corrects_id": first}
        self.do(
            lambda: record_reexamination(episode=episode, by=self.actor.user_id, now=self.now, **said),
            "Corrected. What was recorded before can still be read."
            if wrong
            else "Recorded. Every open review of this episode is answered.",
        )
        return redirect("clinic:record-review", pk=pk) if wrong else self.back("clinic:reviews")

    def _wrong(self, episode: Episode) -> Reexamination | None:
        """What is to be corrected, as it stands."""
        given = self.request.GET.get("corrects")
        if given is None:
            return None
        for one in _past(episode):
            if given == str(one.first):
                return one.now.row
        raise Http404


def _past(episode: Episode) -> list[Past]:
    """Newest first, by when each was first recorded."""
    versions: dict[int, list[Version]] = {}
    for row in Reexamination.objects.filter(episode=episode).select_related("recorded_by").order_by("id"):
        versions.setdefault(row.corrects_id or row.pk, []).insert(0, Version(row, _found(row)))
    return [Past(first, now, before) for first, (now, *before) in sorted(versions.items(), reverse=True)]


def _said(row: Reexamination) -> dict[str, Any]:
    """What the form begins with. The two questions are asked anew: they are of a person, not of a slip of the pen."""
    return {name: getattr(row, name) for name in (*FINDINGS, "outcome", "because")}


def _found(row: Reexamination) -> list[str]:
    """What was tested, in words; what was not tested is left out."""
    return [
        f"{ReexaminationForm.base_fields[name].label}: {getattr(row, f'get_{name}_display')().lower()}"
        for name in FINDINGS
        if getattr(row, name) != "not_tested"
    ]

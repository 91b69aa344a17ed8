"""The start page: who needs somebody, first of all."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from clinic import words
from clinic.acting import Page
from clinic.chart import Edges, Spark, spark, spark_weeks
from recovery.models import CareSettings, Episode, Progress, RedFlag
from recovery.rules.course import reference_curve
from recovery.rules.status import Status
from recovery.rules.weeks import LAST_BASELINE_WEEK, Baseline

PAGE_SIZE = 50
AFTER = re.compile(r"([0-9])\.([0-9]{1,15})")  # need and episode of the last row of the page before


@dataclass(frozen=True, slots=True)
class Row:
    """One patient of the worklist, with one reason."""

    progress: Progress
    reason: str
    more: int
    tone: str
    status: str
    spark: Spark
    spark_in_words: str
    now: str
    change: str
    last_entry: str


class Worklist(Page):
    """One row an open episode, by need. `?status=` shows one status, `?q=` the names that have this part."""

    def get(self, request: HttpRequest) -> HttpResponse:
        status, named = request.GET.get("status", ""), request.GET.get("q", "").replace("\x00", "").strip()
        rows = self._rows(status, named)
        shown, more = list(rows[: PAGE_SIZE + 1]), None
        if len(shown) > PAGE_SIZE:
            shown.pop()
            more = f"{shown[-1].need}.{shown[-1].pk}"
        flags = self._open_flags(shown)
        context = {
            "rows": [self._row(progress, flags[progress.patient_id]) for progress in shown],
            "without_episode": [(flag, self._reason(flag)) for flag in flags[None]],
            "chips": [
                (one, words.STATUS[one], count)
                for one in words.STATUS
                if (count := self.counts.get(one, 0)) or one == status
            ],
            "status": status,
            "named": named,
            "more": more,
            "patients": sum(self.counts.values()),
            "at": "patients",
            "caring": self.actor.is_caring,
        }
        return self.page("worklist.html", context)

    def _rows(self, status: str, named: str) -> QuerySet[Progress]:
        rows = Progress.objects.visible_to(self.actor).filter(episode__ended_on=None)
        if status:
            if status not in words.STATUS:
                raise Http404
            rows = rows.filter(status=status)
        if named:
            rows = rows.filter(patient__name__icontains=named)
        if last := AFTER.fullmatch(self.request.GET.get("after", "")):
            need, episode = map(int, last.groups())
            rows = rows.filter(Q(need__gt=need) | Q(need=need, episode__gt=episode))
        return rows.select_related("patient", "episode", "clinic__care_settings").order_by(
            "need", "episode_id"
        )

    def _open_flags(self, shown: Sequence[Progress]) -> dict[int | None, list[RedFlag]]:
        """By patient, gravest and oldest first; under None those of patients whom no row can name."""
        patients = {progress.patient_id for progress in shown}
        no_episode = ~Exists(Episode.objects.open().filter(patient=OuterRef("patient")))
        flags = RedFlag.objects.visible_to(self.actor).open().filter(no_episode | Q(patient__in=patients))
        found: dict[int | None, list[RedFlag]] = defaultdict(list)
        for flag in flags.select_related("patient").order_by("tier", "raised_at"):
            found[flag.patient_id if flag.patient_id in patients else None].append(flag)
        return found

    def _reason(self, flag: RedFlag) -> str:
        return f"{words.red_flag(flag)}, {words.moment(flag.raised_at, flag.patient.zone, self.now)}"

    def _row(self, progress: Progress, flags: Sequence[RedFlag]) -> Row:
        reason = words.reason(progress.rule, progress.numbers)
        if flags and progress.status == Status.ALERT:
            reason = self._reason(flags[0])
        weeks: list[tuple[int, float | None]] = [(number, value) for number, value in progress.weeks]
        baseline = next(
            (Baseline(Fraction(str(v)), n) for n, v in weeks[:LAST_BASELINE_WEEK] if v is not None), None
        )
        now = weeks[-1][1] if weeks else None
        shown = [
            words.pain(value) if value is not None else "none"
            for n, value in weeks
            if n in spark_weeks(len(weeks))
        ]
        return Row(
            progress=progress,
            reason=reason,
            more=max(len(flags) - 1, 0),
            tone=words.TONE[Status(progress.status)],
            status=words.STATUS[Status(progress.status)],
            spark=spark(weeks, _expected(progress, baseline, len(weeks))),
            spark_in_words=", ".join(shown) or "no full week yet",
            now=words.pain(now),
            change=words.change(now, float(baseline.value) if baseline else None),
            last_entry=words.moment(progress.last_entry_at, progress.patient.zone, self.now),
        )


def _expected(progress: Progress, baseline: Baseline | None, weeks: int) -> list[Edges]:
    """The band of the weeks that a sparkline shows; none without a baseline, and none around a low one."""
    stratum = progress.episode.stratum
    curve = reference_curve(CareSettings.of(progress.clinic).reference_curve)
    if baseline is None or baseline.is_low or stratum is None:
        return []
    bands = ((w, curve.expected(stratum, week=w, baseline=baseline.value)) for w in spark_weeks(weeks))
    return [Edges(week, float(band.low), float(band.high)) for week, band in bands]

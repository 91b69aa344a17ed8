"""Eight weeks of one patient, and what they must add up to: counted here from what is sent, with none of the
server's code."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from random import Random
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

WEEKS = 8
SLOTS = 3  # sessions a day that "ease and walk" asks for
LEVELS = (6.8, 6.2, 5.4, 4.6, 4.0, 3.2, 2.4, 2.0)
THIN_WEEK = 5  # three days with a value: one too few for a mean
CORRECTED_WEEK, WITHDRAWN_WEEK, LATE_WEEK = 3, 6, 7
SENT_TWICE = (2, 6)
HOURS = (8, 13, 18)

Record = dict[str, Any]


@dataclass
class Diary:
    """Batches by week, and what they come to. `leg` holds the values that count, by date."""

    start: date
    zone: ZoneInfo
    plan: int
    exercises: dict[int, list[str]]  # the slugs that each slot asks for
    batches: dict[int, list[Record]] = field(default_factory=dict)
    leg: dict[date, Fraction] = field(default_factory=dict)
    back: dict[date, Fraction] = field(default_factory=dict)
    done: Counter[date] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        rng = Random("eight weeks")  # noqa: S311 - the same diary every time
        for week in range(1, WEEKS + 1):
            self.batches[week] = list(self._week(week, rng))
            self.kinds.update(record["kind"] for record in self.batches[week])
            rng.shuffle(self.batches[week])

    # --- what it comes to ------------------------------------------------------------------------

    def days(self, week: int) -> list[date]:
        return [self.start + timedelta(days=7 * (week - 1) + n) for n in range(7)]

    def logged(self, week: int) -> int:
        return sum(day in self.leg for day in self.days(week))

    def mean(self, week: int) -> float | None:
        """The week's leg pain to two decimals, when at least four days have a value."""
        values = [self.leg[day] for day in self.days(week) if day in self.leg]
        return round(float(sum(values, Fraction()) / len(values)), 2) if len(values) >= 4 else None

    def adherence(self, week: int) -> float:
        """The share of asked slots done in the four weeks that end with this one, to two decimals."""
        days = [day for w in range(max(1, week - 3), week + 1) for day in self.days(w)]
        return round(float(Fraction(sum(self.done[day] for day in days), SLOTS * len(days))), 2)

    # --- what the phone noted --------------------------------------------------------------------

    def _week(self, week: int, rng: Random) -> Iterator[Record]:
        days = self.days(week)
        silent = set(rng.sample(days, 4 if week == THIN_WEEK else rng.choice((0, 1, 2))))
        for day in days:
            if day not in silent:
                yield from self._pain(day, LEVELS[week - 1], rng)
            yield from self._sessions(day, rng)
        yield self._record("walk", days[2], 16, minutes=rng.randint(3, 20))
        answers = {"foot_drop": "no", "bladder": "no", "saddle_numbness": "no"}
        yield self._record("symptom_check", days[0], 19, answers=answers)
        if week == 4:
            about_on = days[1].isoformat()
            yield self._record(
                "event", days[2], 12, what="injection", about_on=about_on, note="by the doctor"
            )
        if (
            week == LATE_WEEK
        ):  # about a day that had no evening to count any more: it may not change its value
            about_on = days[0].isoformat()
            late = {"region": "leg", "score": 10, "asked": "last_24_hours", "about_on": about_on}
            yield self._record("pain", days[2], 9, **late)

    def _pain(self, day: date, level: float, rng: Random) -> Iterator[Record]:
        """Ratings of now, or the evening answer, which then is what counts; some come the next morning."""
        now = [self._score(level, rng) for _ in range(rng.choice((0, 0, 1, 2, 3)))]
        for hour, score in zip(HOURS, now, strict=False):
            yield self._record("pain", day, hour, region="leg", score=score, asked="now")
        if now:
            self.leg[day] = Fraction(sum(now), len(now))
        if now and rng.random() < 0.4:
            return
        leg, back = self._score(level, rng), self._score(level / 2, rng)
        said_on, hour = (day, 20) if rng.random() < 0.8 else (day + timedelta(days=1), 7)
        for region, score in (("leg", leg), ("back", back)):
            answer = {"region": region, "score": score, "asked": "last_24_hours", "about_on": day.isoformat()}
            yield self._record("pain", said_on, hour, **answer)
        self.leg[day], self.back[day] = Fraction(leg), Fraction(back)

    def _sessions(self, day: date, rng: Random) -> Iterator[Record]:
        for slot in range(1, SLOTS + 1):
            if rng.random() < 0.3:
                continue
            results = [{"exercise": slug, "outcome": "done"} for slug in self.exercises[slot]]
            yield self._record("session", day, HOURS[slot - 1], plan=self.plan, slot=slot, results=results)
            self.done[day] += 1

    def _score(self, level: float, rng: Random) -> int:
        return min(max(round(rng.gauss(level, 0.8)), 0), 10)

    def _record(self, kind: str, day: date, hour: int, **fields: Any) -> Record:
        at = datetime.combine(day, time(hour, 5), tzinfo=self.zone)
        told = {"id": str(uuid4()), "kind": kind, "revision": 1, "at": at.isoformat(), "zone": self.zone.key}
        return told | fields

    # --- second thoughts -------------------------------------------------------------------------

    def corrected(self) -> Record:
        """The next revision of an evening answer: it was 2 points less, and so the day counts."""
        old = self._evening(CORRECTED_WEEK)
        self.leg[date.fromisoformat(old["about_on"])] -= 2
        return old | {"revision": 2, "score": old["score"] - 2}

    def withdrawn(self) -> Record:
        """An evening answer undone, on a day without another rating of the leg: no value is left of it."""
        old = self._evening(WITHDRAWN_WEEK)
        del self.leg[date.fromisoformat(old["about_on"])]
        return old | {"revision": 2, "withdrawn": True}

    def _evening(self, week: int) -> Record:
        """The first evening answer about the leg of a day without any other rating of it."""
        pain = [r for r in self.batches[week] if r["kind"] == "pain" and r["region"] == "leg"]
        about = Counter(record.get("about_on") or record["at"][:10] for record in pain)
        evenings = (r for r in pain if r["asked"] == "last_24_hours" and about[r["about_on"]] == 1)
        return min(evenings, key=lambda record: str(record["about_on"]))

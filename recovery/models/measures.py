from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models

from recovery.models.diary import PhoneRecord
from recovery.rules.measures.instruments import Effect, Instrument
from recovery.rules.measures.scores import Answer


class OutcomeMeasure(PhoneRecord):
    """One questionnaire as a patient answered it. Its score is computed from the answers, never stored beside them."""

    instrument = models.CharField(max_length=8, choices=[(i.value, i.value) for i in Instrument])

    class Meta(PhoneRecord.Meta):
        abstract = False

    @property
    def answer(self) -> Answer:
        body: Mapping[str, Any] = self.body
        activities: Iterable[Mapping[str, Any]] = body.get("activities") or ()
        return Answer(
            instrument=Instrument(self.instrument),
            on=self.on,
            abilities={activity["name"]: activity["ability"] for activity in activities},
            ticked=frozenset(body.get("ticked") or ()),
            effect=Effect(body["effect"]) if body.get("effect") else None,
        )

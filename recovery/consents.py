"""What a patient is asked to agree to, and what they said."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from recovery.models import Consent

FILE = Path(__file__).with_name("consent.json")


@cache
def text() -> dict[str, Any]:
    """The version that is asked now, and its cards by language."""
    read: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return read


def asked(patient_id: int, language: str) -> dict[str, Any]:
    """The cards in the patient's language, and the answer that stands; null when they were never asked."""
    cards = text()["cards"]
    last = Consent.objects.filter(patient=patient_id).order_by("id").last()
    return {
        "version": text()["version"],
        "cards": cards.get(language) or cards["en"],
        "answer": last and {"version": last.version, "given": last.given, "answered_at": last.answered_at},
    }

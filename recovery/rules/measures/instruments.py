"""What is asked, in whose words. Texts, sources and licences are data in instruments.json; the phone shows them."""

import json
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

INSTRUMENTS_FILE = Path(__file__).with_name("instruments.json")
LEAST_ACTIVITIES = 3  # that a patient names; V2: PSFS
MOST_ACTIVITIES = 5  # V2: PSFS
BEST_ABILITY = 10  # of one activity, 0 cannot do it, 10 as before the pain; V2: PSFS
STATEMENTS = 24  # of the questionnaire, numbered from 1; V: Roland and Morris 1983


class Instrument(StrEnum):
    PSFS = "psfs"
    RMDQ = "rmdq"
    GPE = "gpe"


class Effect(StrEnum):
    """The seven steps of the global perceived effect, best first."""

    COMPLETELY_RECOVERED = "completely_recovered"
    MUCH_BETTER = "much_better"
    SLIGHTLY_BETTER = "slightly_better"
    UNCHANGED = "unchanged"
    SLIGHTLY_WORSE = "slightly_worse"
    MUCH_WORSE = "much_worse"
    VASTLY_WORSE = "vastly_worse"


@cache
def _file() -> Mapping[str, Any]:
    data: Mapping[str, Any] = json.loads(INSTRUMENTS_FILE.read_text(encoding="utf-8"))
    return data


def form(instrument: Instrument, language: str) -> Mapping[str, Any] | None:
    """The words of a measure in this language, its region aside ("es-MX" reads Spanish), named in `language`.

    None where there are none: a measure is asked in words that its licence allows, or not at all.
    """
    texts: Mapping[str, Mapping[str, Any]] = _file()["instruments"][instrument]["text"]
    known = next((one for one in (language, language[:2]) if one in texts), None)
    return None if known is None else {"language": known, **texts[known]}


def about(instrument: Instrument) -> Mapping[str, str]:
    """Its name, source and licence, as staff see them beside the scores."""
    facts = _file()["instruments"][instrument]
    return {name: facts[name] for name in ("name", "source", "licence", "mark")}

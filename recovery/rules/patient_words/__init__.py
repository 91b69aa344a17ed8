"""What patients read of the rules, made when they read it: from the rule and the numbers that were stored.

One module a language, all with the same names. Patients read these on a bad day: no blame, no promise, no "normal",
no one person's chance, short sentences of ordinary words. None says that somebody is watching. What staff read stands
beside each rule.
"""

from recovery.rules.patient_words.english import ENGLISH
from recovery.rules.patient_words.spanish import SPANISH
from recovery.rules.patient_words.words import PatientWords

PATIENT_WORDS = {"en": ENGLISH, "es": SPANISH}


def words_in(language: str) -> PatientWords:
    """The words of a patient's language, English where it has none."""
    return PATIENT_WORDS.get(language, ENGLISH)

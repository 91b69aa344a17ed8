"""The closed sets that describe an exercise. PURE.

The values stand in catalog files, in the database and in the API: add to them, never rename one.
"""

from enum import StrEnum


class Group(StrEnum):
    """What an exercise is for. It may have several; the first is its main group, which rules go by."""

    STRETCHING = "stretching"
    MOBILITY = "mobility"
    DIRECTIONAL = "directional"
    EARLY_LEG = "early-leg"
    STRENGTH_ABDOMEN = "strength-abdomen"
    STRENGTH_BACK = "strength-back"
    STRENGTH_SIDE = "strength-side"
    STRENGTH_HIP = "strength-hip"
    STRENGTH_LEG = "strength-leg"
    NERVE_GLIDING = "nerve-gliding"
    AEROBIC = "aerobic"
    BREAK = "break"
    LIFTING = "lifting"
    REST = "rest"


class Region(StrEnum):
    LOW_BACK = "low-back"
    SPINE = "spine"
    TRUNK = "trunk"
    HIP = "hip"
    FRONT_OF_HIP = "front-of-hip"
    BUTTOCK = "buttock"
    FRONT_OF_THIGH = "front-of-thigh"
    BACK_OF_THIGH = "back-of-thigh"
    KNEE = "knee"
    CALF = "calf"
    SHIN = "shin"
    SCIATIC_NERVE = "sciatic-nerve"
    WHOLE_BODY = "whole-body"


class Position(StrEnum):
    SUPINE = "supine"
    PRONE = "prone"
    SIDE_LYING = "side-lying"
    HANDS_AND_KNEES = "hands-and-knees"
    HALF_KNEELING = "half-kneeling"
    SITTING = "sitting"
    LONG_SITTING = "long-sitting"
    STANDING = "standing"


class Sides(StrEnum):
    """Whether the dose is done once, or once for each side."""

    MIDDLE = "middle"
    EACH_SIDE = "each-side"
    EACH_LEG = "each-leg"


class Equipment(StrEnum):
    MAT = "mat"
    CHAIR = "chair"
    WALL = "wall"
    WORKTOP = "worktop"
    STICK = "stick"
    BAND = "band"
    BIKE_OR_POOL = "bike-or-pool"


class Caution(StrEnum):
    """For whom, or at which sign, to take care. `meaning` is for staff; patients read the file's words."""

    meaning: str

    def __new__(cls, code: str, meaning: str) -> "Caution":
        member = str.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    FX = "FX", "Bending forward brings on leg pain, or a recent fragility fracture"
    EX = "EX", "Bending back brings on leg pain, or known stenosis or spondylolisthesis"
    HY = "HY", "Blood pressure that is not under control (holds)"
    PR = "PR", "Late pregnancy (lying flat)"
    KN = "KN", "A knee or wrist problem"
    SP = "SP", "Sharp pain"
    TG = "TG", "Tingling"
    IR = "IR", "Acute or irritable leg pain"
    DN = "DN", "Leg symptoms that move further down"
    HR = "HR", "A hip replacement"
    NK = "NK", "Neck pain"
    SH = "SH", "A shoulder problem"
    DZ = "DZ", "Dizziness"
    BA = "BA", "Poor balance"
    BR = "BR", "Holding the breath"
    FD = "FD", "Foot drop: not being able to do it is an alert"
    LD = "LD", "Heavy loads only with a clinician"


class Mark(StrEnum):
    """How sure a fact is."""

    meaning: str

    def __new__(cls, code: str, meaning: str) -> "Mark":
        member = str.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    V = "V", "Read in an excerpt of the primary source"
    V2 = "V2", "Read only on a secondary page"
    M = "M", "From memory, not confirmed in a text"
    P = "P", "Our proposal"


# As catalog files name them; stored and sent as 1 (Monday) to 7.
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

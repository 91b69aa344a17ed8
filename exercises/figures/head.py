"""The head, drawn twice with the same points: in profile, looking to the right, and from the front. PURE.

What is in between is seen from in between. Centimetres from the joint on which the head nods: to the right, up.
Each line is (paint, closed, profile, front).
"""

from typing import NamedTuple

from exercises.figures.space import Point


class Feature(NamedTuple):
    paint: str
    closed: bool
    profile: tuple[Point, ...]
    front: tuple[Point, ...]


FACE = Feature(
    "skin",
    True,
    (
        (2.2, -5.6),
        (6.4, -7.9),
        (8.9, -7.2),
        (9.2, -4.9),
        (9.9, -3.0),
        (9.7, -1.2),
        (11.7, 0.2),
        (9.5, 4.0),
        (9.5, 8.0),
        (7.4, 13.0),
        (1.2, 15.4),
        (-5.4, 13.2),
        (-9.0, 7.2),
        (-7.6, 0.6),
        (-4.6, -3.6),
        (-1.6, -4.4),
    ),
    (
        (0.0, -8.6),
        (2.6, -8.1),
        (4.8, -6.6),
        (6.3, -4.4),
        (7.1, -2.2),
        (7.6, 0.0),
        (7.9, 2.4),
        (8.0, 5.2),
        (7.7, 8.6),
        (5.8, 13.0),
        (0.0, 15.4),
        (-5.8, 13.0),
        (-8.0, 6.6),
        (-7.6, 0.0),
        (-5.9, -5.0),
        (-2.6, -8.1),
    ),
)
HAIR = Feature(
    "hair",
    True,
    (
        (9.4, 10.0),
        (5.6, 9.9),
        (2.6, 8.2),
        (1.9, 3.6),
        (0.4, 1.6),
        (-1.4, 3.2),
        (-2.6, 1.4),
        (-4.4, -2.4),
        (-7.6, -2.4),
        (-9.9, 2.4),
        (-10.4, 8.4),
        (-7.2, 14.6),
        (0.2, 17.2),
        (6.8, 15.2),
        (9.8, 12.0),
    ),
    (
        (7.6, 6.0),
        (6.7, 9.4),
        (4.0, 11.3),
        (1.6, 10.9),
        (-1.0, 10.9),
        (-3.6, 11.2),
        (-5.6, 10.6),
        (-6.9, 8.8),
        (-7.6, 5.8),
        (-8.7, 7.4),
        (-8.5, 11.0),
        (-5.6, 15.6),
        (0.0, 17.2),
        (5.6, 15.6),
        (8.6, 10.6),
    ),
)
EAR = Feature(
    "skin",
    True,
    ((-0.2, 4.4), (1.2, 3.4), (0.4, 0.8), (-1.0, -0.2), (-1.4, 2.6)),
    ((-8.0, 4.2), (-7.2, 3.0), (-7.4, 0.4), (-8.6, 0.8), (-9.2, 3.4)),
)
FAR_EAR = Feature(
    "skin",
    True,
    ((4.2, 4.4), (4.6, 3.4), (4.4, 0.8), (4.0, 0.2), (3.8, 2.6)),
    ((8.0, 4.2), (9.2, 3.4), (8.6, 0.8), (7.4, 0.4), (7.2, 3.0)),
)
EYE = Feature("face", False, ((6.0, 4.0), (6.8, 3.3), (7.8, 3.9)), ((-4.4, 3.5), (-3.2, 2.7), (-2.0, 3.5)))
FAR_EYE = Feature("face", False, ((6.0, 4.0), (6.8, 3.3), (7.8, 3.9)), ((2.0, 3.5), (3.2, 2.7), (4.4, 3.5)))
BROW = Feature("face", False, ((5.6, 6.4), (6.8, 7.0), (8.2, 6.5)), ((-4.8, 6.2), (-3.3, 6.8), (-1.8, 6.3)))
FAR_BROW = Feature("face", False, ((5.6, 6.4), (6.8, 7.0), (8.2, 6.5)), ((1.8, 6.3), (3.3, 6.8), (4.8, 6.2)))
NOSE = Feature(
    "face", False, ((10.1, -0.8), (9.6, -0.7), (9.2, -0.2)), ((0.9, 0.6), (0.3, -0.3), (-0.7, -0.1))
)
MOUTH = Feature(
    "face", False, ((9.2, -3.8), (8.0, -4.1), (6.8, -3.3)), ((2.3, -3.5), (0.0, -4.4), (-2.3, -3.5))
)

FEATURES = (FAR_EAR, FACE, MOUTH, NOSE, EYE, FAR_EYE, BROW, FAR_BROW, HAIR, EAR)


def seen(feature: Feature, turn: float) -> list[Point]:
    """Its points as seen: 1 looks to the right, 0 to the viewer, -1 to the left."""
    share, sign = abs(turn), (1.0 if turn >= 0 else -1.0)
    return [
        (sign * (share * px + (1 - share) * fx), share * py + (1 - share) * fy)
        for (px, py), (fx, fy) in zip(feature.profile, feature.front, strict=True)
    ]

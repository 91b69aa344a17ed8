"""Each figure shows what its catalog entry says: position, side, props, hold, where it is felt, and how far it goes.

The table is made from the catalog; only what a text says about a range stands here, beside its words.
"""

import math
from collections.abc import Callable

import pytest

from exercises.catalog.reader import CatalogExercise, read
from exercises.figures.figure import Figure
from exercises.figures.rig import Skeleton
from exercises.terms import Caution, Equipment, Group, Position, Region, Sides
from tests.figures.test_body import FIGURES

CATALOG = {exercise.slug: exercise for exercise in read().exercises}
every_figure = pytest.mark.parametrize("slug", FIGURES)

# Where a highlight may lie for what the catalog says is worked on.
FELT_IN: dict[Region, set[str]] = {
    Region.LOW_BACK: {"low-back", "back"},
    Region.SPINE: {"back", "low-back"},
    Region.TRUNK: {"abdomen", "back", "low-back", "flank"},
    Region.HIP: {"buttock", "outer-hip", "front-of-hip"},
    Region.FRONT_OF_HIP: {"front-of-hip"},
    Region.BUTTOCK: {"buttock", "outer-hip"},
    Region.FRONT_OF_THIGH: {"front-of-thigh"},
    Region.BACK_OF_THIGH: {"back-of-thigh"},
    Region.KNEE: {"front-of-thigh", "back-of-thigh"},
    Region.CALF: {"calf"},
    Region.SHIN: {"shin"},
    Region.SCIATIC_NERVE: {"nerve"},
    Region.WHOLE_BODY: set(),
}


def at(figure: Figure, still: int) -> Skeleton:
    return figure.skeleton(figure.at(figure.time_of(figure.stills[still])))


def easier(figure: Figure) -> Skeleton:
    """As far as the easier way goes."""
    return figure.skeleton(figure.at(figure.time_of(figure.stills[1]), reach=figure.easier))


def test_every_exercise_has_a_figure():
    assert FIGURES.keys() == CATALOG.keys()


def position(skeleton: Skeleton) -> set[Position]:
    """What the body is in, from which way the pelvis looks and what is bent."""
    pelvis = skeleton.frames["pelvis"]
    hips = [skeleton.flexion("hip", side) for side in ("right", "left")]
    knees = [skeleton.flexion("knee", side) for side in ("right", "left")]
    low = [skeleton.joints[f"{side}.shank"][1] < 12 for side in ("right", "left")]
    if abs(pelvis.right[1]) > 0.7:
        return {Position.SIDE_LYING}
    if pelvis.up[1] < 0.6 and pelvis.front[1] > 0.5:
        return {Position.SUPINE}
    if pelvis.up[1] < 0.6 and pelvis.front[1] < -0.5:
        on_knees = all(low) and min(hips) > 45
        return {Position.HANDS_AND_KNEES} if on_knees else {Position.PRONE}
    if min(hips) > 50:
        return {Position.LONG_SITTING} if skeleton.joints["hips"][1] < 25 else {Position.SITTING}
    if any(low) and max(knees) > 60:
        return {Position.HALF_KNEELING}
    return {Position.STANDING}


@every_figure
def test_it_is_in_the_position_that_the_catalog_names(slug: str):
    assert CATALOG[slug].position in position(FIGURES[slug].skeleton(FIGURES[slug].at(0)))


@every_figure
def test_its_props_are_the_equipment_that_the_catalog_names(slug: str):
    drawn = {prop["kind"] for prop in FIGURES[slug].props} - {"shoes"}
    asked = {Equipment(one).value for one in CATALOG[slug].equipment} - {
        "band"
    }  # only the harder way takes a band
    assert {"bike-or-pool" if kind == "bike" else kind for kind in drawn} == asked


@every_figure
def test_one_side_moves_where_the_dose_is_for_each_side_and_else_both_do(slug: str):
    figure, sides = FIGURES[slug], CATALOG[slug].sides
    first, second = at(figure, 0), at(figure, 1)

    def moved(side: str) -> list[float]:
        joints = [
            second.flexion(joint, side) - first.flexion(joint, side) for joint in ("hip", "knee", "elbow")
        ]
        foot, shank = f"{side}.foot", f"{side}.shank"
        ankles = [
            math.degrees(
                math.asin(
                    max(
                        -1,
                        min(
                            1,
                            sum(
                                a * b for a, b in zip(sk.frames[foot].front, sk.frames[shank].up, strict=True)
                            ),
                        ),
                    )
                )
            )
            for sk in (first, second)
        ]
        toward = [second.joints[shank][2] - first.joints[shank][2]]
        return [*joints, ankles[1] - ankles[0], *toward]

    differs = max(abs(a - b) for a, b in zip(moved("right"), moved("left"), strict=True))
    if sides == Sides.MIDDLE:
        assert differs < 15 or any(step.even for step in figure.steps)
    else:
        assert differs > 10 or CATALOG[slug].position == Position.SIDE_LYING


@every_figure
def test_it_holds_where_the_dose_counts_a_hold_and_only_there(slug: str):
    figure, dosage = FIGURES[slug], CATALOG[slug].dosage
    held = [step for step in figure.steps if step.dose]
    walks = any(step.even for step in figure.steps)
    assert len(held) == (1 if dosage.hold_seconds or (dosage.minutes and not walks) else 0)
    if Group.NERVE_GLIDING in CATALOG[slug].groups:
        assert all(len(step.poses) > 1 for step in figure.steps), (
            "a nerve is never held at the end of its way"
        )


@every_figure
def test_it_marks_what_the_catalog_says_it_works_on(slug: str):
    allowed = set().union(*(FELT_IN[region] for region in CATALOG[slug].regions))
    marked = {one.rpartition(" ")[2] for one in FIGURES[slug].highlight}
    assert marked <= allowed | ({"low-back"} if "buttock" in marked else set())
    assert marked or not allowed


@every_figure
def test_it_says_in_every_language_what_it_shows(slug: str):
    text = FIGURES[slug].text
    assert text.keys() == CATALOG[slug].text.keys()
    for words in text.values():
        assert words.keys() == {"start", "move", "end"}
        assert all(one.strip().endswith(".") for one in words.values())


def knee(skeleton: Skeleton) -> float:
    return skeleton.flexion("knee", "right")


def heel(skeleton: Skeleton) -> float:
    """How high its sole is there."""
    return skeleton.point("right.foot", -4, -7)[1]


def straight(skeleton: Skeleton) -> bool:
    """From the shoulders over the hips to the knees."""
    return abs(skeleton.flexion("hip", "right")) < 5 and abs(skeleton.flexion("lumbar")) < 5


def elbow_under_shoulder(skeleton: Skeleton) -> bool:
    elbow, shoulder = skeleton.joints["right.forearm"], skeleton.joints["right.arm"]
    return math.hypot(elbow[0] - shoulder[0], elbow[2] - shoulder[2]) < 6


# What the words of the catalog say about how far it goes, in numbers: (at the end) and (where the leg is irritable).
RANGES: dict[str, Callable[[Skeleton], bool]] = {
    "lying-hamstring-stretch": lambda end: 12 <= knee(end) <= 35,  # "Keep the knee a little bent."
    "abdominal-brace": lambda end: abs(end.flexion("lumbar")) < 6,  # "Keep your back still."
    "pelvic-tilt": lambda end: end.joints["waist"][1] < 10,  # "Press your low back gently into the floor."
    "curl-up": lambda end: (
        end.joints["head"][1] < 25 and abs(end.flexion("lumbar")) < 6
    ),  # "just off the floor", "without bending your back"
    "dead-bug": lambda end: abs(end.flexion("lumbar")) < 6,  # "Keep your low back on the floor."
    "heel-slides": lambda end: 90 <= knee(end) <= 135,  # "Stop when the knee is well bent."
    "lying-nerve-slider": lambda end: (
        15 <= knee(end) <= 45 and 80 <= end.flexion("hip", "right") <= 100
    ),  # "Point that knee at the ceiling", "until you feel a light pull"
    "position-of-ease": lambda end: (
        80 <= knee(end) <= 105 and 80 <= end.flexion("hip", "right") <= 105
    ),  # "Bend your hips and knees like a step."
    "prone-on-elbows": lambda end: (
        end.joints["hips"][1] < 14 and abs(end.joints["right.arm"][0] - end.joints["right.forearm"][0]) < 5
    ),  # "Put your elbows under your shoulders.", "Let your hips sink into the floor."
    "kneeling-back-rock": lambda end: 130 <= knee(end) <= 150,  # "until you almost sit on your heels"
    "wall-squat": lambda end: 55 <= knee(end) <= 100,  # "Slide down until your knees are half bent."
    "bridge": lambda end: abs(end.flexion("hip", "right")) <= 14,  # "until your body is straight"
    "straight-leg-raise": lambda end: (
        end.joints["right.foot"][1] <= 37
    ),  # "no higher than 30 centimetres", from lying
    "bird-dog": lambda end: knee(end) < 10 and end.flexion("hip", "right") < 15,  # "straight out behind you"
    "standing-back-bend": lambda end: knee(end) < 12,  # "Keep your knees straight."
    "press-up": lambda end: end.joints["hips"][1] < 14,  # "Leave your hips on the floor."
    "calf-stretch": lambda end: (
        knee(end) < 12 and end.flexion("knee", "left") > 30 and heel(end) < 1
    ),  # "Keep the back knee straight and bend the front knee.", "Press that heel down"
    "heel-raises": lambda end: heel(end) > 6 and knee(end) < 12,  # "Rise slowly onto your toes."
    "toe-raises": lambda end: (
        end.point("right.foot", 17, -6.5)[1] > 6 and knee(end) < 12
    ),  # "Keep your knees straight.", "Stay on your heels"
    "hip-hinge": lambda end: (
        abs(end.flexion("lumbar")) < 1 and end.flexion("hip", "right") > 60 and 30 < knee(end) < 70
    ),  # "Push your bottom back and bend your knees.", "keep touching the stick"
    "hip-flexor-stretch": lambda end: (
        end.frames["shoulders"].up[1] > 0.99 and end.flexion("hip", "right") < -10
    ),  # "keep your back straight", "Move your hips forward"
    "sit-to-stand": lambda end: knee(end) < 25 and end.frames["shoulders"].up[1] > 0.99,  # "stand up"
    "seated-rotation-stretch": lambda end: (
        end.frames["shoulders"].front[2] > 0.6
        and math.dist(end.joints["left.forearm"], end.joints["right.shank"]) < 16
    ),  # "Turn slowly toward the bent knee.", "Press your elbow gently against that knee."
    "side-bridge": lambda end: straight(end) and elbow_under_shoulder(end),  # "from shoulder to knees"
    "front-plank": lambda end: straight(end) and elbow_under_shoulder(end),  # "from head to knees"
    "knee-rolls": lambda end: (
        abs(end.joints["left.arm"][1] - end.joints["right.arm"][1]) < 6
    ),  # "both shoulders"
}


@pytest.mark.parametrize("slug", [slug for slug in RANGES if slug in FIGURES])
def test_it_goes_as_far_as_the_catalog_says(slug: str):
    assert RANGES[slug](at(FIGURES[slug], 1))


def irritable(exercise: CatalogExercise) -> bool:
    return Caution.IR in exercise.cautions and exercise.slug != "straight-leg-raise"  # whose knee is straight


@pytest.mark.parametrize("slug", [slug for slug in FIGURES if irritable(CATALOG[slug])])
def test_the_easier_way_keeps_the_knee_well_bent_where_the_leg_may_be_irritable(slug: str):
    assert knee(easier(FIGURES[slug])) >= 30

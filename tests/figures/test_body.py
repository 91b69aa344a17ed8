"""What no figure may do, whatever its file says: a wrong drawing is a wrong instruction."""

import math
from functools import cache

import pytest

from exercises.figures import body
from exercises.figures.drawing import Picture
from exercises.figures.figure import Figure, Place
from exercises.figures.reader import read
from exercises.figures.rig import Skeleton
from exercises.figures.scene import Scene
from exercises.figures.space import Camera

FIGURES = read()
FRAMES_A_SECOND = 30
SKULL = 9.0  # half of a head's depth, about a point so far up and to the front of its joint
SKULL_AT = (0.3, 5.5)

every_figure = pytest.mark.parametrize("slug", FIGURES)


def times(figure: Figure) -> list[float]:
    count = math.ceil(figure.seconds * FRAMES_A_SECOND)
    return [figure.seconds * i / count for i in range(count)]


@cache
def course(slug: str) -> list[Skeleton]:
    figure = FIGURES[slug]
    return [figure.skeleton(figure.at(t)) for t in times(figure)]


@every_figure
def test_every_bone_keeps_its_length(slug: str):
    for skeleton in course(slug):
        joints = skeleton.joints
        for side in body.SIDES:
            for one, other, length in (
                ("thigh", "shank", body.THIGH),
                ("shank", "foot", body.SHANK),
                ("arm", "forearm", body.UPPER_ARM),
                ("forearm", "hand", body.FOREARM),
            ):
                found = math.dist(joints[f"{side}.{one}"], joints[f"{side}.{other}"])
                assert found == pytest.approx(length, abs=1e-6), f"{side} {one}"


@every_figure
def test_what_is_pinned_stays_within_half_a_centimetre(slug: str):
    for t, skeleton in zip(times(FIGURES[slug]), course(slug), strict=True):
        for name, wanted in skeleton.pinned.items():
            off = math.dist(skeleton.joints[name], wanted)
            assert off < 0.5, f"at {t:.2f} s {name} is {off:.1f} cm beside its place: it cannot be reached"


@every_figure
def test_nothing_sinks_more_than_a_centimetre_into_the_floor_or_a_prop(slug: str):
    figure = FIGURES[slug]
    for t, skeleton in zip(times(figure), course(slug), strict=True):
        picture = Picture(skeleton, Camera())
        picture.parts()
        rounds = [*picture.rounds, (skeleton.point("head", *SKULL_AT), SKULL)]
        for place, radius in rounds:
            where = f"at {t:.2f} s a round of {radius:.1f} at {tuple(round(one, 1) for one in place)}"
            assert place[1] - radius >= -1, f"{where} is {radius - place[1]:.1f} cm under the floor"
            for box in figure.boxes:
                deep = box.depth_of(place, radius)
                assert deep <= 1, f"{where} is {deep:.1f} cm in {box}"


@every_figure
def test_no_joint_bends_further_than_a_healthy_one(slug: str):
    for t, skeleton in zip(times(FIGURES[slug]), course(slug), strict=True):
        for joint, (least, most) in body.LIMITS.items():
            for side in ("",) if joint == "lumbar" else body.SIDES:
                bent = skeleton.flexion(joint, side)
                assert least - 0.5 <= bent <= most + 0.5, f"at {t:.2f} s the {side} {joint} is at {bent:.0f}"


@every_figure
def test_no_part_moves_faster_than_150_centimetres_a_second(slug: str):
    figure, skeletons = FIGURES[slug], course(slug)
    step = figure.seconds / len(skeletons)
    for t, before, after in zip(times(figure), skeletons, [*skeletons[1:], skeletons[0]], strict=True):
        for name, joint in after.joints.items():
            speed = math.dist(joint, before.joints[name]) / step
            assert speed < 150, f"after {t:.2f} s {name} moves {speed:.0f} cm/s"


@every_figure
def test_its_course_comes_back_to_where_it_began(slug: str):
    figure = FIGURES[slug]
    first, last = figure.steps[0].poses[0], figure.steps[-1].poses[-1]
    ends = [figure.skeleton(Place((name,), 0.0)).joints for name in (first, last)]
    assert max(math.dist(ends[0][name], ends[1][name]) for name in ends[0]) < 0.01


@every_figure
def test_both_stills_differ_enough_to_tell_start_from_end(slug: str):
    figure, scene = FIGURES[slug], Scene(FIGURES[slug])
    start, end = (figure.at(figure.time_of(name)) for name in figure.stills)
    moved = max(
        math.dist(a, b)
        for name, shape in scene.parts(start).items()
        for a, b in zip(shape.points, scene.parts(end)[name].points, strict=True)
    )
    lit = abs(scene.glow(end) - scene.glow(start)) > 0.5
    assert moved > (3 if lit else 15)  # a small movement is told by what lights up


@every_figure
def test_it_is_drawn_in_an_order_that_names_every_part_once(slug: str):
    scene = Scene(FIGURES[slug])
    for place in scene.samples:
        drawn = [name for row in scene.order(place) for name in row.split("+") if name != "pelvis"]
        assert sorted(drawn) == sorted({*scene.parts(place), "head"} - {"pelvis"})

"""What moves beside the body: the stick along the back, the pedals of the bike, arrows."""

import math

import pytest

from exercises.figures import body
from exercises.figures.drawing import Picture
from exercises.figures.figure import Place
from exercises.figures.props import held
from exercises.figures.scene import Scene
from exercises.figures.space import Camera
from tests.figures.test_body import FIGURES, course


def test_each_pedal_goes_round_in_a_circle_under_the_ball_of_its_foot():
    (bike,) = FIGURES["cycling-or-water-walking"].props
    for skeleton in course("cycling-or-water-walking"):
        parts = held(bike, skeleton, Picture(skeleton, Camera()))
        for side in body.SIDES:
            crank, _, pedal, _ = parts[f"{side}.pedal"].points
            ball = skeleton.point(f"{side}.foot", *body.BALL)
            assert math.dist(crank[:2], pedal[:2]) == pytest.approx(17, abs=0.6)
            assert math.dist((ball[0], -ball[1]), pedal[:2]) < 4


def test_the_stick_touches_head_back_and_bottom_all_the_way_down():
    (stick,) = FIGURES["hip-hinge"].props
    for skeleton in course("hip-hinge"):
        picture = Picture(skeleton, Camera())
        (ax, ay, thick), (bx, by, _) = held(stick, skeleton, picture)["stick"].points
        # How far each stands out to the back, as the head, the back and the pelvis are drawn.
        for part, back, up in (("head", -10.4, 8.0), ("shoulders", -9.8, 3.0), ("pelvis", -11.2, -2.0)):
            x, y = picture.flat(skeleton.point(part, back, up))
            off = abs((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / math.dist((ax, ay), (bx, by))
            assert off - thick < 1, f"the {part} is {off - thick:.1f} cm away from the stick"


def test_an_arrow_follows_a_place_on_a_part_and_is_drawn_larger_where_its_way_is_small():
    figure = FIGURES["heel-raises"]
    (arrow,) = figure.arrows
    low, high = (
        figure.skeleton(Place(arrow.move, share)).point(arrow.joint, *arrow.at) for share in arrow.part
    )
    drawn = Scene(figure)._arrow(arrow._replace(larger=2.0))
    (left, top), (right, bottom) = drawn[-1], drawn[0]
    assert bottom - top == pytest.approx(2 * (high[1] - low[1]))
    assert left - right == pytest.approx(2 * (high[0] - low[0]))
    assert (right, bottom) == pytest.approx((low[0] + arrow.beside[0], -low[1] - arrow.beside[1]))

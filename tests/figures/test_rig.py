"""What a pose may say and no figure shows by itself."""

import math

import pytest

from exercises.figures import body
from exercises.figures.drawing import Picture
from exercises.figures.rig import solve
from exercises.figures.space import Camera


@pytest.mark.parametrize("side", body.SIDES)
def test_an_elbow_with_two_numbers_slides_out_as_far_as_its_arm_reaches(side: str):
    pose = {"at": (0, 40), f"{side}.elbow_on": [55, 28], f"{side}.forearm": [1, 0, 0]}
    skeleton = solve(pose, posture="prone")
    elbow, shoulder = skeleton.joints[f"{side}.forearm"], skeleton.joints[f"{side}.arm"]
    assert elbow[:2] == pytest.approx((55, 28))
    assert math.dist(elbow, shoulder) == pytest.approx(body.UPPER_ARM)
    assert elbow[2] / shoulder[2] > 1


def test_an_elbow_with_three_numbers_is_where_they_say():
    pose = {"right.elbow_on": [4, 28.5, 17], "right.forearm": [1, 0, 0]}
    assert solve(pose).pinned["right.forearm"] == (4, 28.5, 17)


def test_a_tight_belly_leaves_the_back_where_it_is():
    def edges(belly: float) -> tuple[float, float]:
        xs = [x for x, y, _ in Picture(solve({"belly": belly}), Camera()).parts()["tee"].points]
        middle = sorted(xs[i] for i in (1, -2))  # front and back of the waist
        return (middle[0], middle[1])

    (back, front), (same, flatter) = edges(2), edges(-1)
    assert same == pytest.approx(back)
    assert front - flatter == pytest.approx(3)

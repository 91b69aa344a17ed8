"""From the numbers of a pose to joints and frames in space. PURE.

A pose is a flat {name: number or numbers}; docs/figures.md lists the names. Angles are degrees, flexion is positive,
and what is not given is 0. A hand or foot that is pinned is reached for by its limb: its own angles are then not asked.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from exercises.figures import body
from exercises.figures.space import (
    STANDING,
    Frame,
    Vector,
    along,
    angle,
    between,
    cross,
    dot,
    flexed,
    minus,
    plus,
    spread,
    times,
    turned,
    two_bones,
    unit,
)

Pose: TypeAlias = Mapping[str, Any]

# How the pelvis lies in each position, before it is tilted: front and up, as (x, y, z).
POSTURES: dict[str, tuple[Vector, Vector]] = {
    "upright": ((1, 0, 0), (0, 1, 0)),
    "supine": ((0, 1, 0), (-1, 0, 0)),
    "prone": ((0, -1, 0), (1, 0, 0)),
    "side": ((0, 0, 1), (-1, 0, 0)),  # on the right side, the face to the viewer
}


# Each part of the spine above the pelvis: how far from the one below, which angle bends it, and by what share.
SPINE = (
    ("lumbar", body.PELVIS, "lumbar", 0.5),
    ("waist", body.LUMBAR, "lumbar", 0.5),
    ("chest", body.LUMBAR, "chest", 1.0),
    ("shoulders", body.CHEST, "upper", 1.0),
    ("neck", body.SHOULDERS, "neck", 1.0),
    ("head", body.NECK, "nod", 1.0),
)
USUAL = {"curl": 12.0}  # what is not 0 where nothing is said


@dataclass(slots=True)
class Skeleton:
    """Joints by name, and the frame of each part. Parts of limbs go down from their joint, the others up."""

    joints: dict[str, Vector] = field(default_factory=dict)
    frames: dict[str, Frame] = field(default_factory=dict)
    # Of toes and fingers, which have no frames, and how far the belly is out.
    bends: dict[str, float] = field(default_factory=dict)
    pinned: dict[str, Vector] = field(default_factory=dict)  # where a joint was to be, by its name

    def point(self, part: str, front: float, up: float, right: float = 0.0) -> Vector:
        """A point of a part, in its frame, from its joint."""
        return plus(self.joints[part], self.frames[part].out((front, up, right)))

    def flexion(self, joint: str, side: str = "") -> float:
        """How far a joint is bent, in the plane it bends in."""
        if joint == "lumbar":
            return -_pitch(self.frames["pelvis"], times(self.frames["waist"].up, -1.0))
        down = {
            name: times(self.frames[f"{side}.{name}"].up, -1.0)
            for name in ("thigh", "shank", "arm", "forearm")
        }
        if joint == "hip":
            return _pitch(self.frames["pelvis"], down["thigh"])
        return angle(down["thigh"], down["shank"]) if joint == "knee" else angle(down["arm"], down["forearm"])


def _pitch(frame: Frame, down: Vector) -> float:
    return math.degrees(math.atan2(dot(down, frame.front), -dot(down, frame.up)))


def solve(
    pose: Pose, *, posture: str = "upright", anchor: str = "hips", fit: Mapping[str, Any] | None = None
) -> Skeleton:
    """The skeleton of a pose, with its `anchor` joint where the pose has `at`.

    A `fit` varies one angle until a joint is at a distance from a place: {vary, joint, from, distance}.
    """
    if fit:
        pose = {**pose, fit["vary"]: _fitted(pose, posture, anchor, fit)}
    return _Solver(pose, posture, anchor).skeleton


def _fitted(pose: Pose, posture: str, anchor: str, fit: Mapping[str, Any]) -> float:
    name, joint, place = fit["vary"], fit["joint"], vector(fit["from"])

    def miss(value: float) -> float:
        skeleton = _Solver({**pose, name: value}, posture, anchor).skeleton
        return math.dist(skeleton.joints[joint], place) - float(fit["distance"])

    return root(miss, float(pose.get(name, 0.0)))


def root(miss: Callable[[float], float], start: float) -> float:
    """Where a smooth function is 0, near `start`; where it comes nearest, when it never is."""
    before, after = start, start + 1.0
    low, high = miss(before), miss(after)
    for _ in range(30):
        if abs(high) < 1e-7 or high == low:
            break
        step = max(-10.0, min(10.0, -high * (after - before) / (high - low)))
        before, low = after, high
        after += step
        high = miss(after)
    return after


def vector(value: Any) -> Vector:
    """A place written with two numbers is in the middle plane."""
    x, y, *rest = value
    return (float(x), float(y), float(rest[0]) if rest else 0.0)


class _Solver:
    def __init__(self, pose: Pose, posture: str, anchor: str) -> None:
        self.pose = pose
        self.skeleton = Skeleton()
        self._spine(posture)
        self._place(anchor)
        order = sorted(body.SIDES, key=lambda side: isinstance(pose.get(f"{side}.foot"), dict))
        for side in order:  # a foot on the other leg comes after it
            self._leg(side)
        for side in body.SIDES:
            self._arm(side)

    def get(self, name: str, default: float = 0.0) -> float:
        return float(self.pose.get(name, default))

    def _part(self, name: str, joint: Vector, frame: Frame) -> None:
        self.skeleton.joints[name], self.skeleton.frames[name] = joint, frame

    def _spine(self, posture: str) -> None:
        front, up = (unit(vector(one)) for one in POSTURES[posture])
        base = turned(Frame(front, up, cross(front, up)), self.get("turn"))
        frame = spread(flexed(base, -self.get("tilt")), self.get("sway"))
        joint: Vector = (0.0, 0.0, 0.0)
        self._part("pelvis", joint, frame)
        for name, length, bend, share in SPINE:
            joint = plus(joint, times(frame.up, length))
            frame = flexed(frame, -share * self.get(bend))
            frame = spread(frame, -share * self.get(f"{bend}.side"))
            frame = turned(frame, share * self.get(f"{bend}.turn"))
            self._part(name, joint, frame)
        for side, sign in (("right", 1.0), ("left", -1.0)):
            pelvis, shoulders = self.skeleton.frames["pelvis"], self.skeleton.frames["shoulders"]
            self.skeleton.joints[f"{side}.thigh"] = times(pelvis.right, sign * body.HIP_WIDTH)
            reach = (
                self.get(f"{side}.forward"),
                body.SHOULDER_HEIGHT + self.get(f"{side}.shrug"),
                sign * (body.SHOULDER_WIDTH - self.get(f"{side}.tuck")),
            )
            self.skeleton.joints[f"{side}.arm"] = plus(
                self.skeleton.joints["shoulders"], shoulders.out(reach)
            )
        self.skeleton.joints["hips"] = (0.0, 0.0, 0.0)
        self.skeleton.joints["collar"] = plus(
            self.skeleton.joints["shoulders"], times(shoulders.up, body.SHOULDER_HEIGHT)
        )
        if "belly" in self.pose:  # else it is part of the waist
            waist, out = self.skeleton.frames["waist"], self.get("belly")
            self._part(
                "belly", plus(self.skeleton.joints["waist"], times(waist.front, body.BELLY + out)), waist
            )
            self.skeleton.bends["belly"] = out
        for name, part in (("hips", "pelvis"), ("collar", "shoulders")):
            self.skeleton.frames[name] = self.skeleton.frames[part]

    def _place(self, anchor: str) -> None:
        """Move everything so that the anchor is where it is to be; in depth the pelvis stays in the middle."""
        side, _, part = anchor.rpartition(".")
        if part == "knee":
            now = plus(self.skeleton.joints[f"{side}.thigh"], times(self._thigh(side).up, -body.THIGH))
        else:
            now = self.skeleton.joints[anchor]
        at = self.pose.get("at", (0.0, 0.0))
        move = minus(vector(at), now) if len(at) > 2 else (at[0] - now[0], at[1] - now[1], 0.0)
        for name, joint in self.skeleton.joints.items():
            self.skeleton.joints[name] = plus(joint, move)

    def _thigh(self, side: str) -> Frame:
        sign = 1.0 if side == "right" else -1.0
        frame = flexed(self.skeleton.frames["pelvis"], self.get(f"{side}.hip"))
        if (
            f"{side}.lean" in self.pose or "lean" in self.pose
        ):  # of the thigh, in the room: 0 hangs straight down
            frame = flexed(STANDING, self.get(f"{side}.lean", self.get("lean")))
        return turned(spread(frame, sign * self.get(f"{side}.apart")), sign * self.get(f"{side}.spin"))

    def _leg(self, side: str) -> None:
        hip, pelvis = self.skeleton.joints[f"{side}.thigh"], self.skeleton.frames["pelvis"]
        pin = self.pose.get(f"{side}.foot")
        free = pin is None or isinstance(pin, dict) or f"{side}.ankle" in self.pose
        sole = None if free else self._planted(side)
        if pin is None:
            thigh = self._thigh(side)
            knee = plus(hip, times(thigh.up, -body.THIGH))
            shank = flexed(thigh, -self.get(f"{side}.knee"))
            if f"{side}.shin" in self.pose:  # in the room: 0 hangs straight down, 90 lies to the back
                shank = flexed(STANDING, -self.get(f"{side}.shin"))
        else:
            ankle = self._pinned(pin) if sole is None else self._ankle(side, sole)
            self.skeleton.pinned[f"{side}.foot"] = ankle
            sign = 1.0 if side == "right" else -1.0
            toward = turned(pelvis, sign * self.get(f"{side}.apart")).front
            toward = vector(self.pose.get(f"{side}.knee_to", toward))
            knee = two_bones(hip, ankle, body.THIGH, body.SHANK, toward)
            thigh, shank = along(minus(knee, hip), toward), along(minus(ankle, knee), toward)
            bend = cross(minus(ankle, knee), minus(knee, hip))
            if math.hypot(*bend) > 20:  # a bent knee says which way both bones look
                right = unit(bend)
                thigh = Frame(cross(thigh.up, right), thigh.up, right)
                shank = Frame(cross(shank.up, right), shank.up, right)
        self._part(f"{side}.thigh", hip, thigh)
        self._part(f"{side}.shank", knee, shank)
        self.skeleton.bends[f"{side}.toes"] = self.get(
            f"{side}.toes", max(0.0, -self.get(f"{side}.sole")) if sole else 0.0
        )
        self._part(
            f"{side}.foot",
            plus(knee, times(shank.up, -body.SHANK)),
            sole or flexed(shank, self.get(f"{side}.ankle")),
        )

    def _planted(self, side: str) -> Frame:
        """A foot on the floor: `heading` is where its toes point, `sole` how far they are lifted, or the heel."""
        heading, lifted = math.radians(self.get(f"{side}.heading")), self.get(f"{side}.sole")
        front = (math.cos(heading), 0.0, math.sin(heading))
        return flexed(Frame(front, (0.0, 1.0, 0.0), cross(front, (0.0, 1.0, 0.0))), lifted)

    def _ankle(self, side: str, sole: Frame) -> Vector:
        """Over the place of the pin, which is under the ankle of a flat foot: heel or ball stay where they then are."""
        lifted, place = self.get(f"{side}.sole"), vector(self.pose[f"{side}.foot"])
        flat = flexed(sole, -lifted)
        pivot = (body.HEEL[0], -body.ANKLE, 0.0) if lifted > 0 else (body.BALL[0], -body.ANKLE, 0.0)
        fixed = plus(plus(place, (0.0, body.ANKLE, 0.0)), flat.out(pivot))
        return minus(fixed, sole.out(pivot))

    def _pinned(self, pin: Any) -> Vector:
        """A place in the room, on another part ({on, at}), or on the way from one to another."""
        if not isinstance(pin, dict):
            return vector(pin)
        if "share" in pin:
            return between(self._pinned(pin["from"]), self._pinned(pin["to"]), pin["share"])
        return self.skeleton.point(pin["on"], *(float(one) for one in pin["at"]))

    def _arm(self, side: str) -> None:
        sign = 1.0 if side == "right" else -1.0
        shoulder, trunk = self.skeleton.joints[f"{side}.arm"], self.skeleton.frames["shoulders"]
        elbow_pin, pin = self.pose.get(f"{side}.elbow_on"), self.pose.get(f"{side}.hand")
        if elbow_pin is not None:
            place = self._elbow(shoulder, elbow_pin, sign)
            self.skeleton.pinned[f"{side}.forearm"] = place
            upper = along(minus(place, shoulder), trunk.front)
            elbow = plus(shoulder, times(upper.up, -body.UPPER_ARM))
            fore = along(vector(self.pose[f"{side}.forearm"]), upper.front)
        elif pin is not None:
            wrist = self._pinned(pin)
            if not (isinstance(pin, dict) and "share" in pin):  # on its way it only reaches toward it
                self.skeleton.pinned[f"{side}.hand"] = wrist
            usual = trunk.out((-1.0, -0.6, 0.3 * sign))
            toward = vector(self.pose.get(f"{side}.elbow_to", usual))
            elbow = two_bones(shoulder, wrist, body.UPPER_ARM, body.FOREARM, toward)
            front = times(toward, -1.0)
            upper, fore = along(minus(elbow, shoulder), front), along(minus(wrist, elbow), front)
        else:
            upper = flexed(trunk, self.get(f"{side}.raise"))
            upper = turned(spread(upper, sign * self.get(f"{side}.away")), sign * self.get(f"{side}.twist"))
            elbow = plus(shoulder, times(upper.up, -body.UPPER_ARM))
            fore = flexed(upper, self.get(f"{side}.elbow"))
        self._part(f"{side}.arm", shoulder, upper)
        self._part(f"{side}.forearm", elbow, fore)
        wrist = plus(elbow, times(fore.up, -body.FOREARM))
        self._part(f"{side}.hand", wrist, self._hand(side, fore))
        self.skeleton.bends[f"{side}.curl"] = self.get(f"{side}.curl", USUAL["curl"])

    @staticmethod
    def _elbow(shoulder: Vector, pin: Any, sign: float) -> Vector:
        """Its place; with two numbers it slides out to its side as far as the upper arm then reaches."""
        if len(pin) > 2:
            return vector(pin)
        x, y = map(float, pin)
        near = math.dist((x, y), shoulder[:2])
        return (x, y, shoulder[2] + sign * math.sqrt(max(body.UPPER_ARM**2 - near**2, 0.0)))

    def _hand(self, side: str, fore: Frame) -> Frame:
        """Its front is where the thumb is, its right side for a right hand the back of the hand."""
        if (fingers := self.pose.get(f"{side}.fingers")) is not None:
            thumb = self.pose.get(f"{side}.thumb", fore.front)
            return along(vector(fingers), vector(thumb))
        sign = 1.0 if side == "right" else -1.0
        return flexed(turned(fore, sign * self.get(f"{side}.palm")), self.get(f"{side}.wrist"))

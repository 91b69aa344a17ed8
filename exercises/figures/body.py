"""The body that is drawn: lengths, thickness and how far each joint goes. PURE.

Centimetres of a person of about 172. Thickness is the radius of the round that is drawn at a point.
"""

from typing import Final

SIDES: Final = ("right", "left")

# From joint to joint.
PELVIS, LUMBAR, CHEST, SHOULDERS, NECK = 11.0, 7.5, 14.0, 14.0, 9.0
THIGH, SHANK, ANKLE = 42.0, 41.0, 7.0
UPPER_ARM, FOREARM, PALM, FINGERS = 28.5, 25.0, 8.5, 8.5
BELLY = 9.9  # from the waist to the front, where nothing is tight
HIP_WIDTH, SHOULDER_WIDTH, SHOULDER_HEIGHT = 9.0, 17.0, 10.5

# The foot in its own frame, from the ankle joint: to the front, up.
HEEL, BALL, TOES = (-4.0, -3.8), (10.5, -5.0), 6.2

# How far joints go (P: ranges of healthy adults, as the issue sets them); flexion is positive.
LIMITS: Final = {
    "hip": (-20.0, 130.0),
    "knee": (0.0, 150.0),
    "elbow": (0.0, 150.0),
    "lumbar": (-30.0, 60.0),
}

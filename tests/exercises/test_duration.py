from exercises import duration
from exercises.dosage import Dosage


def test_both_sides_take_twice_as_long_and_minutes_are_minutes():
    hold = Dosage(sets=2, repetitions=3, hold_seconds=30)
    assert duration.seconds(hold, "middle") == 180
    assert duration.seconds(hold, "each-leg") == duration.seconds(hold, "both") == 360
    assert duration.seconds(hold, "left") == 180
    assert duration.seconds(Dosage(minutes=12), "each-leg") == 720


def test_the_fullest_day_counts_every_time_of_the_day():
    walk, bridge = Dosage(minutes=10, times_per_day=2), Dosage(repetitions=10)
    assert duration.minutes_a_day([]) == 0
    assert duration.minutes_a_day([(walk, "", [1]), (bridge, "", [])]) == 22
    assert duration.minutes_a_day([(walk, "", [1]), (walk, "", [2])]) == 21

"""The names of plan versions on a timeline."""


def letter(number: int) -> str:
    """A version by its number from 1: A, B, ... Z, AA, AB, ..."""
    name = ""
    while number > 0:
        number, place = divmod(number - 1, 26)
        name = chr(ord("A") + place) + name
    return name

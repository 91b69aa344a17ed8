"""How hard a text is to read, with syllables guessed from the spelling."""

import re


def grade(text: str) -> float:
    """The American school grade that reads this text with ease; 5 is about age 11. Raises ValueError without a word."""
    sentences = [one for one in re.split(r"(?<=[.?!])\s+", text.strip()) if one]
    words = re.findall(r"[A-Za-z]+|\d+(?:\.\d+)?", text)
    if not words:
        raise ValueError("There is no word to read.")
    syllables = sum(syllables_of(word) for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59


def syllables_of(word: str) -> int:
    """Groups of vowels, less a silent ending; a number counts as two."""
    word = word.lower()
    if word[0].isdigit():
        return 2
    groups = len(re.findall(r"[aeiouy]+", word))
    if re.search(r"[^aeiouyl]e$|[^aeiouytd]ed$", word):
        groups -= 1
    return max(groups, 1)


def ease_in_spanish(text: str) -> float:
    """How easy a Spanish text is (Fernández Huerta): 70 is plain, 90 is for a child of nine."""
    sentences = [one for one in re.split(r"(?<=[.?:])\s+", text.strip()) if one]
    words = re.findall(r"[a-záéíóúüñ]+|\d+(?:,\d+)?", text.lower())
    syllables = sum(2 if word[0].isdigit() else max(1, len(VOWELS.findall(word))) for word in words)
    return 206.84 - 60 * syllables / len(words) - 1.02 * len(words) / len(sentences)


# One syllable each: two strong vowels, or a weak one with an accent, are two.
VOWELS = re.compile(r"[iuü]?[aeoáéó][iuy]?|[iuü]+|[íú]")

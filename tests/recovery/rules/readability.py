"""How hard a text is to read, in school years: the Flesch-Kincaid grade, with syllables guessed from the spelling."""

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

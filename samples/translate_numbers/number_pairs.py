"""English and French number words for 0..999,999, and the tokens that the model reads and writes.

num2words says the parts (0..999 and the round thousands), which is much faster than to ask it for every number; the
test of the held-back pairs compares with what it says for the whole number.
"""

import random
import re
from functools import cache

from num2words import num2words

LIMIT = 1_000_000


def english_tokens(words):
    """ "ninety-seven thousand, two" -> ninety seven thousand two: letters are words, all else stands between them."""
    return re.findall(r"[a-z]+", words)


def french_tokens(words):
    """ "quatre-vingt-dix mille" -> quatre -vingt -dix mille: a hyphen belongs to the piece that it leads to."""
    return [piece for word in words.split() for piece in re.findall(r"-?[^-]+", word)]


@cache
def part(number):
    return english_tokens(num2words(number)), french_tokens(num2words(number, lang="fr"))


def pair(number):
    """number -> (English tokens, French tokens)."""
    thousands, rest = divmod(number, 1000)
    if thousands == 0:
        return part(rest)
    english, french = part(1000 * thousands)
    if rest == 0:
        return english, french
    rest_english, rest_french = part(rest)
    return english + (["and"] if rest < 100 else []) + rest_english, french + rest_french


def in_words(number, plain):
    """number -> (English, French) as num2words has them; plain without "and" and commas."""
    english = num2words(number)
    return english.replace(" and ", " ").replace(",", "") if plain else english, num2words(number, lang="fr")


def vary(english, draw):
    """The other ways to say it: without "and", and "a hundred" for "one hundred" at the start."""
    if draw.random() < 0.5:
        english = [word for word in english if word != "and"]
    if len(english) > 1 and english[0] == "one" and draw.random() < 0.3:
        english = ["a", *english[1:]]
    return english


def round_numbers():
    """What a person tries first: the hundreds up to 99,900 and the thousands."""
    return sorted({*range(100, 100_000, 100), *range(1000, LIMIT, 1000)})


def held_back(seed, each):
    """Numbers that training never sees: `each` of 3, 4, 5 and 6 digits. None of them is round: there are few of those,
    and not to know one is worse than to be tested on it is worth."""
    draw = random.Random(seed)
    digits = [range(10 ** (count - 1), 10**count) for count in (3, 4, 5, 6)]
    return [n for numbers in digits for n in sorted(draw.sample([n for n in numbers if n % 100 != 0], each))]


def draw_number(draw):
    """A quarter anything, a quarter with any number of digits alike, a quarter short or round, a quarter made of what
    French makes hard."""
    kind = draw.randrange(4)
    if kind == 0:
        return draw.randrange(LIMIT)
    if kind == 1:
        return draw.randrange(10 ** draw.randint(1, 6))
    if kind == 2:
        return draw.randrange(1000) * draw.choice([1, 100, 1000])
    return 1000 * hard_part(draw) + hard_part(draw)


def hard_part(draw):
    """0..999 with many zeros and ones (cent, deux cents, mille), and much of 70..99."""
    hundreds = draw.choice([0, 0, 1, 1, draw.randrange(10), draw.randrange(10)])
    rest = draw.choice([0, 1, 80, 81, 71, 91, draw.randrange(70, 100), draw.randrange(70, 100), draw.randrange(100)])
    return 100 * hundreds + rest

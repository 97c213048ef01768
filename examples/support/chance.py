"""What the generators of the examples have in common: numbers drawn the same way every time, and times as text."""

import random


def text(moment):
    """A time as the raw files write it."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


class Chance:
    """Draws from one generator of numbers; each day has its own, so that days do not depend on each other."""

    def __init__(self, seed):
        self.draw = random.Random(seed).random

    def below(self, number):
        return int(self.draw() * number)

    def one_of(self, choices):
        return choices[self.below(len(choices))]

    def happens(self, probability):
        return self.draw() < probability

"""Two answers to one question side by side, as short as one can tell them apart by."""

from dataclasses import dataclass
from itertools import takewhile
from typing import Final, Self

LONG: Final = 240
"""Characters: two answers of which none is longer are shown whole."""
AROUND: Final = 60
"""Characters of what two long answers share that stay before and after what differs."""
MORE: Final = "…"


@dataclass(frozen=True, slots=True)
class Beside:
    """What is saved and what was typed, line by line, of a question or an entry."""

    label: str
    saved: tuple[str, ...]
    typed: tuple[str, ...]

    @classmethod
    def of(cls, label: str, saved: str, typed: str) -> Self:
        """Both texts without the beginning and the end that long ones share, so that a changed word is found without comparing pages."""
        if max(len(saved), len(typed)) > LONG:
            saved, typed = differing(saved, typed)
        return cls(label, tuple(saved.split("\n")), tuple(typed.split("\n")))


def differing(one: str, other: str) -> tuple[str, str]:
    """Both texts from a little before they begin to differ to a little after they have ended to; `…` stands for what is left out."""
    begin = _alike(one, other)
    end = min(_alike(one[::-1], other[::-1]), min(len(one), len(other)) - begin)
    before, after = _begun(one[:begin]), _begun(one[len(one) - end :][::-1])[::-1]
    one, other = (f"{before}{text[begin : len(text) - end]}{after}" for text in (one, other))
    return one, other


def _alike(one: str, other: str) -> int:
    """How many characters are the same from the first on."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _begun(shared: str) -> str:
    """The end of a shared beginning, from a word's first letter on where it has words."""
    if len(shared) <= AROUND + len(MORE):
        return shared
    kept = shared[-AROUND:]
    word, blank, rest = kept.partition(" ")
    return f"{MORE} {rest}" if blank and len(word) < AROUND // 2 else f"{MORE}{kept}"

"""The garbage collector, told how our processes are: most of what they make at their start stays."""

import gc
from typing import Final

THRESHOLDS: Final = (20_000, 20, 50)


def collect_seldom() -> None:
    """From the first moment on: modules that are read stay, and walking them again and again was a fifth of the time of a start."""
    gc.set_threshold(*THRESHOLDS)


def spare_the_collector() -> None:
    """What is loaded now stays for good: keep the collector from walking it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)

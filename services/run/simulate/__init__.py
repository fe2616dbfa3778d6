"""`puente simulate`: a whole call with made-up people through the real pages, on a stack of its own."""

from services.run.simulate.run import Order, simulate_call

__all__ = ["Order", "simulate_call"]

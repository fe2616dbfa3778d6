"""All SQL of the decisions: what a batch locks and loads, and how its verdict is written."""

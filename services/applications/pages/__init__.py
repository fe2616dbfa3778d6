"""Pages for people. Applicants' pages are in here one module a place; every figure, question and rule on them comes from a plan's files."""

"""`common.toml`: what several programmes share. Others take an entry over with `use = "key"`."""

from typing import Final

from services.applications.plan.tables import CODE, Table

CODE_EXPECTED: Final = "small letters, digits, - and _, starting with a letter"


class Common:
    """The tables of `common.toml` by kind and key, ready to be taken over."""

    KINDS: Final = ("pages", "questions", "documents", "rules", "warnings", "reasons")

    def __init__(self, table: Table | None) -> None:
        self.found: dict[str, dict[str, Table]] = {kind: {} for kind in self.KINDS}
        self.there = table is not None
        self.lacked = False
        """Whether somebody wants to take an entry over, and there are none because the file is missing or cannot be read."""
        if table is None:
            return
        for kind in self.KINDS:
            name = "code" if kind in ("rules", "warnings", "reasons") else "key"
            for entry in table.tables(kind):
                key = entry.text(name, CODE, CODE_EXPECTED)
                if key in self.found[kind]:
                    entry.wrong(name, f'"{key}" stands twice in "{kind}"', "each one once")
                self.found[kind][key] = entry
        table.done()

    def resolve(self, kind: str, entry: Table) -> Table:
        """The entry, over the common one that it names with `use`, if it does."""
        if not entry.has("use"):
            return entry
        self.lacked |= not self.there
        key = entry.choice("use", list(self.found[kind])) if self.found[kind] else entry.text("use")
        base = self.found[kind].get(key)
        if base is None:
            return entry
        over = Table(entry.source, entry.path, entry.values, entry.problems, base)
        over.has("use")
        return over

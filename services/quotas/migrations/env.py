"""Alembic's entry; the work is in `shared.persistence.migrate`."""

from shared.persistence.migrate import run_env

run_env()

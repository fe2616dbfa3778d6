"""Ctrl-C in the moments before a command has taken it over: a line, and no trace of what was being read."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT

READING = """
import os, signal, sys

class Pressed:
    def find_spec(self, name, path=None, target=None):
        if name == "services.launcher":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Pressed())
from services.start import main
main()
"""
RUNNING = """
import asyncio, os, signal
import typer
from services import start
from services.run.command_line import run

async def work():
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.Event().wait()

signal.signal(signal.SIGINT, start._stopped)
app = typer.Typer()

@app.command()
def wait() -> None:
    run(work())

app()
"""


@pytest.mark.parametrize(("code", "said"), [(READING, "Stopped; nothing had been started."), (RUNNING, "Stopped.")])
def test_a_line_and_no_traceback(code: str, said: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr.strip()) == (130, said)
    assert done.stdout == ""

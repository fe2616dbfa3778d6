"""Ctrl-C at any moment of a command: a line, and no trace of what was being read; a loop puts away what it had open."""

import subprocess
import sys
from pathlib import Path

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
CHECKING = """
import os, signal, sys
from services.start import main

os.mkfifo(sys.argv[1] + "/books.jsonl")
if os.fork() == 0:
    with open(sys.argv[1] + "/books.jsonl", "w"):  # opens once the command reads
        os.kill(os.getppid(), signal.SIGINT)
    os._exit(0)
sys.argv = ["puente", "verify", sys.argv[1] + "/books.jsonl"]
main()
"""
RUNNING = """
import asyncio, os, signal
from services import start
from services.run.command_line import commands, run

async def work():
    os.kill(os.getpid(), signal.SIGINT)
    try:
        await asyncio.Event().wait()
    finally:
        print("put away")

signal.signal(signal.SIGINT, start._stopped)
app = commands("Commands.")

@app.callback()
def every() -> None:
    pass

@app.command()
def wait() -> None:
    run(work())

app(["wait"])
"""


@pytest.mark.parametrize(("code", "printed"), [(READING, ""), (CHECKING, ""), (RUNNING, "put away\n")])
def test_a_line_and_no_traceback(code: str, printed: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr.strip()) == (130, "Stopped.")
    assert done.stdout == printed

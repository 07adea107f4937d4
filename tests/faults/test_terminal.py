"""A server that was started on a terminal, as `./dev run` does."""

import os
import pty
import shutil
import signal
import subprocess

from support.processes import processes_of
from support.server import BINARY, new_state_dir


def read_until(terminal, word):
    shown = b""
    while word not in shown:
        shown += os.read(terminal, 4096)


def test_closing_the_terminal_stops_everything():
    state_dir = new_state_dir()
    terminal, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(BINARY), "serve", "--port=0", f"--state_dir={state_dir}"],
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    try:
        read_until(terminal, b"serve.ready")
        os.close(terminal)
        process.send_signal(signal.SIGHUP)  # as the terminal's own end would, to its session
        assert process.wait(30) == 0
        assert processes_of(state_dir) == {}
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(state_dir.parent, ignore_errors=True)

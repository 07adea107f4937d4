"""Looking at processes from outside, through /proc."""

import os
import signal
import time
from pathlib import Path


def wait_until(condition, seconds, what="the condition"):
    """
    Polls until `condition()` is true and returns what it returned. `what` names it for the failure:
    a text, or a function called only then.
    """
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s for {what() if callable(what) else what}")
        time.sleep(0.01)


def _read(path):
    try:
        return path.read_bytes()
    except OSError:  # ended meanwhile, or another user's
        return b""


def is_running(pid):
    """False for a zombie as well: it holds nothing any more."""
    status = _read(Path(f"/proc/{pid}/stat"))
    return bool(status) and status.rpartition(b")")[2].split()[0] not in (b"Z", b"X")


def _link(path):
    try:
        return os.readlink(path)
    except OSError:  # closed meanwhile
        return ""


def _links(folder):
    """What a process has open, and where it stands."""
    try:
        descriptors = list((folder / "fd").iterdir())
    except OSError:
        descriptors = []
    return [_link(path) for path in (folder / "cwd", *descriptors)]


def processes_of(state_dir):
    """
    {pid: command line} of what serves this state directory. The server names it in its arguments
    or environment; mariadbd is told by descriptor, so what is open counts as well.
    """
    found = {}
    needle = os.fsencode(state_dir)
    inside = f"{state_dir}/"
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        if pid == os.getpid():
            continue
        command = _read(folder / "cmdline")
        if (
            needle in command
            or b"LINLI_STATE_DIR=" + needle + b"\0" in _read(folder / "environ") + b"\0"
            or any(f"{link}/".startswith(inside) for link in _links(folder))
        ) and is_running(pid):
            found[pid] = command.replace(b"\0", b" ").decode(errors="replace").strip()
    return found


def plugin_hosts_of(pid):
    """The processes in which a server's plugins run."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        parent = _read(folder / "stat").rpartition(b")")[2].split()[1:2]
        if parent == [b"%d" % pid] and b"plugin-host" in _read(folder / "cmdline"):
            found.append(int(folder.name))
    return found


def kill_all(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def resident_kib(pid):
    """Resident memory, in KiB, as the kernel counts it."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError(f"process {pid} has no memory")

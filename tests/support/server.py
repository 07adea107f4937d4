"""Starts, stops, kills and questions the real server."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import weakref
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pymysql

from support.api import Api
from support.processes import is_running, kill_all, processes_of, wait_until

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("LINLI_BINARY") or ROOT / "build" / "linli")

READY_SECONDS = 60  # generous: sanitizers are slow, and so is a machine that does other things
STOP_SECONDS = 30


class Server:
    """
    One `linli serve` on a free port of the loopback, with a state directory of its own unless
    another's is given. `options` are configuration entries: {"http.max_body": "64k"}.

    Used as a context manager it is started, then stopped and cleaned away.
    """

    def __init__(self, options=None, arguments=(), state_dir=None):
        self.options = dict(options or {})
        self.arguments = list(arguments)
        self.owns_state = state_dir is None
        self.state_dir = Path(state_dir) if state_dir else new_state_dir()
        self.log_path = self.state_dir.with_name(f"{self.state_dir.name}.{id(self):x}.log")
        self.process = None
        self.address = None  # "127.0.0.1:43210", kept over a restart
        self._log_start = 0  # where this run's log begins
        self._clients = weakref.WeakSet()

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.cleanup(check=False)
            raise

    def __exit__(self, kind, *_):
        self.cleanup(check=kind is None)

    # Life

    def start(self, wait=True):
        assert not self.running, "already started"
        port = self.address.rpartition(":")[2] if self.address else "0"
        command = [str(BINARY), "serve", *self.arguments]
        command += [f"--{name}={value}" for name, value in self.options.items()]
        with open(self.log_path, "ab") as log:
            self._log_start = log.tell()
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=self.environment(LINLI_PORT=port),
                cwd=self.state_dir.parent,
            )
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, seconds=READY_SECONDS):
        """Until the log names the address and /readyz says yes."""

        def listening():
            assert self.running, f"ended with {self.process.returncode} at start\n{self.log_tail()}"
            return self.events("serve.ready")

        event = wait_until(listening, seconds, lambda: f"serve.ready\n{self.log_tail()}")[-1]
        self.address = event["address"]
        wait_until(self.is_ready, seconds, lambda: f"/readyz\n{self.log_tail()}")

    def is_ready(self):
        api = Api(self, timeout=5)
        try:
            return api.get("/readyz").status == 200
        except OSError:
            return False
        finally:
            api.close()

    def stop(self, seconds=STOP_SECONDS, check_left_behind=None):
        """
        SIGTERM, which must end it with 0, and what it started with it. Another server on the same
        state keeps the database alive: then nothing is left behind.
        """
        for client in self._clients:
            client.close()  # the drain waits two seconds for those who keep connections
        self.process.terminate()
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running {seconds} s after SIGTERM\n{self.log_tail()}")
        assert status == 0, f"ended with {status} after SIGTERM\n{self.log_tail()}"
        if self.owns_state if check_left_behind is None else check_left_behind:
            left = processes_of(self.state_dir)
            assert not left, f"left behind: {left}\n{self.log_tail()}"

    def kill(self):
        """kill -9 of the server alone; its database stays for the next start to adopt."""
        self.process.kill()
        self.process.wait()

    def restart(self):
        """Starts again on the same state and port."""
        if self.running:
            self.stop()
        return self.start()

    def signal(self, number):
        self.process.send_signal(number)

    def cleanup(self, check=True):
        """Stops it if it runs, ends whatever is left of it, removes its files."""
        try:
            if self.running and check:
                self.stop()
        finally:
            if self.running:
                self.kill()
            if self.owns_state:
                remove_state(self.state_dir)
            if not os.environ.get("LINLI_KEEP"):
                self.log_path.unlink(missing_ok=True)

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self):
        return self.process.pid

    @property
    def url(self):
        return f"http://{self.address}"

    # Access

    def api(self, token=None, timeout=30):
        client = Api(self, token, timeout)
        self._clients.add(client)
        return client

    def cli(self, *arguments, check=True, **options):
        """`linli ARGUMENTS` on this server's state: a CompletedProcess with text output."""
        return run_cli(*arguments, check=check, env=self.environment(), **options)

    def environment(self, **further):
        """This process's without its LINLI_ settings, which are a developer's own."""
        plain = {k: v for k, v in os.environ.items() if not k.startswith("LINLI_")}
        return plain | {"LINLI_STATE_DIR": str(self.state_dir)} | further

    def database_pid(self):
        """The embedded mariadbd, None while it is down."""
        for pid, command in processes_of(self.state_dir).items():
            if os.path.basename(command.split(" ")[0]) in ("mariadbd", "mysqld"):
                return pid
        return None

    def kill_database(self):
        """kill -9 of the embedded mariadbd; waits until it is gone."""
        pid = self.database_pid()
        assert pid, "no database to kill"
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not is_running(pid), 5, "the killed mariadbd to be gone")

    def database(self, **options):
        """A pymysql connection to the embedded database, or to `database.url` when configured."""
        if url := self.options.get("database.url"):
            return connect(url, **options)
        return connect(f"mysql://linli@localhost/linli?socket={self.state_dir}/db/socket", **options)

    def sql(self, statement, *values):
        """Runs one statement past the server; returns its rows as a list of dicts."""
        connection = self.database(cursorclass=pymysql.cursors.DictCursor)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return list(cursor.fetchall())
        finally:
            connection.close()

    # The log

    def events(self, name=None):
        """The log of this run, or those of its events that have this name, as dicts."""
        with open(self.log_path, "rb") as log:
            log.seek(self._log_start)
            lines = log.read().splitlines()
        events = [event for event in map(parse_event, lines) if event]
        return [event for event in events if name is None or event.get("event") == name]

    def wait_event(self, name, seconds=10):
        return wait_until(lambda: self.events(name), seconds, f"the event {name}")[-1]

    def log_tail(self, lines=40):
        text = self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


def run_cli(*arguments, check=True, timeout=120, **options):
    """`linli ARGUMENTS`, without a terminal."""
    done = subprocess.run(
        [str(BINARY), *map(str, arguments)],
        stdin=options.pop("stdin", None if "input" in options else subprocess.DEVNULL),
        capture_output=True,
        text=True,
        timeout=timeout,
        **options,
    )
    if check:
        assert done.returncode == 0, f"{done.args} ended with {done.returncode}\n{done.stderr}"
    return done


def parse_event(line):
    """A line of the log, None for what is not one: a sanitizer's report, half a line."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


def new_state_dir():
    """A path that does not exist yet, and short: a socket's has at most 107 bytes."""
    return Path(tempfile.mkdtemp(prefix="linli-")).resolve() / "state"


def files_outside(state_dir):
    """Where mariadbd keeps temporary files when its user cannot walk to the state directory."""
    database = (state_dir / "db").stat()
    return Path(f"/tmp/linli-db-{database.st_dev:x}-{database.st_ino:x}")


def remove_state(state_dir):
    kill_all(processes_of(state_dir))
    if (state_dir / "db").exists():
        shutil.rmtree(files_outside(state_dir), ignore_errors=True)
    if os.environ.get("LINLI_KEEP"):
        print(f"kept: {state_dir.parent}")
        return
    for _ in range(10):  # a process that is dying may still write
        shutil.rmtree(state_dir.parent, ignore_errors=True)
        if not state_dir.parent.exists():
            return
        time.sleep(0.1)


def connect(url, **options):
    """A pymysql connection by `mysql://user:password@host:port/name?socket=…`."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    if "socket" in query:
        options["unix_socket"] = query["socket"][0]
    return pymysql.connect(
        host=parts.hostname,
        port=parts.port or 3306,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=parts.path.strip("/") or None,
        autocommit=True,
        charset="utf8mb4",
        **options,
    )

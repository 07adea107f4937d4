"""Travelling in time: a server whose wall clock the test sets."""

import os
import shutil
import struct
import subprocess
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

from support.server import Server

SOURCE = Path(__file__).with_name("clock_shift.c")


class TimeServer(Server):
    """
    A server that began to live at `start` (an ISO text with its offset) and whose time goes on from
    there; `advance` moves it. What it starts itself (mariadbd) and its tools have other clocks:
    the database's, by which leases are counted, stays where it is.
    """

    def __init__(self, start, *arguments, **options):
        self._folder = Path(tempfile.mkdtemp(prefix="linli-clock-"))
        self._library = self._folder / "clock_shift.so"
        self._file = self._folder / "ahead"
        self._ahead_us = int((datetime.fromisoformat(start).timestamp() - time.time()) * 1e6)
        self._write()
        super().__init__(*arguments, **options)

    def start(self, wait=True):
        if not self._library.exists():
            flags = ["-shared", "-fPIC", "-O1", "-D_GNU_SOURCE"]
            subprocess.run(["cc", *flags, "-o", self._library, SOURCE], check=True)
        return super().start(wait)

    def cleanup(self, check=True):
        try:
            super().cleanup(check)
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def environment(self, **further):
        # A sanitizer's runtime wants to be loaded first; this library interposes nothing of it.
        sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        shift = {"LD_PRELOAD": str(self._library), "CLOCK_SHIFT_FILE": str(self._file)}
        return super().environment(ASAN_OPTIONS=sanitizer.lstrip(":"), **shift, **further)

    def advance(self, **amount):
        """`advance(days=3, hours=1)`"""
        self._ahead_us += int(timedelta(**amount).total_seconds() * 1e6)
        self._write()

    def now(self):
        """Its time in seconds since 1970."""
        return time.time() + self._ahead_us / 1e6

    def _write(self):
        """In one piece: the server has the file mapped."""
        with open(self._file, "r+b" if self._file.exists() else "wb", buffering=0) as file:
            file.write(struct.pack("=q", self._ahead_us))

"""Doing things at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count


def in_parallel(work, items, threads=64):
    """
    `[work(item) for item in items]`, by so many threads at most, which start together. Each takes
    the next item when it is done. The first exception is raised once all have ended.
    """
    items = list(items)
    if not items:
        return []
    workers = min(threads, len(items))
    start = threading.Barrier(workers)
    results = [None] * len(items)
    numbers, lock = count(), threading.Lock()

    def next_number():
        with lock:
            return next(numbers)

    def worker():
        start.wait()
        while (number := next_number()) < len(items):
            results[number] = work(items[number])

    with ThreadPoolExecutor(workers) as pool:
        running = [pool.submit(worker) for _ in range(workers)]
    for ended in running:
        ended.result()
    return results

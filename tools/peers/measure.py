"""What the peer programs share: timing a repeated piece of work, and the one JSON line each of them prints."""
import importlib.metadata
import json
import time


def rate(work, seconds):
    """Calls work(), which returns how many frames or updates it did, for at least `seconds` of wall time.

    "cores" is CPU time of all threads by wall time: below the number of threads on a busy machine."""
    done, begin_s, begin_cpu_s = 0, time.perf_counter(), time.process_time()
    while True:
        done += work()
        wall_s = time.perf_counter() - begin_s
        if wall_s >= seconds:
            return {"per_s": done / wall_s, "cores": (time.process_time() - begin_cpu_s) / wall_s}


def report(measured, packages, **settings):
    versions = {package: importlib.metadata.version(package) for package in packages}
    print(json.dumps({**measured, "settings": settings, "versions": versions}))

import psutil  # type: ignore[import-untyped]


def used(process: psutil.Process) -> float:
    """Seconds of CPU of a process and all below it, those that have ended included."""
    total = 0.0
    for one in (process, *process.children(recursive=True)):
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total

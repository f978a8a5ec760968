"""`launch.py FD COMMAND...`: runs a command, and writes to FD what it cost.

A process of its own, without imports: a process' peak of memory is at least that of the one that started it.
FD gets the exit code, seconds of time and of processor, and KiB at most, as one line.
"""

import os
import sys
import time


def main() -> None:
    result, *command = sys.argv[1:]
    begun = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ)
    _, status, usage = os.wait4(process, 0)
    wall = time.perf_counter() - begun
    code = os.waitstatus_to_exitcode(status)
    os.write(int(result), f"{code} {wall} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss}\n".encode())


if __name__ == "__main__":
    main()

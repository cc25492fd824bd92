"""Runs commands with a time limit; nothing that they started outlives them."""
import contextlib
import os
import signal
import subprocess
import threading

GRACE_SECONDS = 30
running = set()


def end_group(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def wait(process):
    """Until it has ended; what it has left in its group ends then, while its pid can't be anybody else's."""
    with contextlib.suppress(ChildProcessError):  # somebody else has waited
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        end_group(process)


def ask(process):
    """Asks the command to end, so that it can end what it started."""
    if process.returncode is None:
        os.kill(process.pid, signal.SIGTERM)


def end(process):
    ask(process)
    kill = threading.Timer(GRACE_SECONDS, end_group, [process])
    kill.start()
    wait(process)
    kill.cancel()


def run(command, seconds, directory, environment=None, enough=None):
    """(exit code, output); the code is None for what ran into its limit, or was ended because `enough(line)` was true."""
    process = subprocess.Popen(command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                               env={**os.environ, **(environment or {})}, start_new_session=True, text=True, errors="replace")
    running.add(process)
    ended, lines = [], []

    def stop():
        ended.append(True)
        end(process)
    timer = threading.Timer(seconds, stop)
    timer.start()
    for line in process.stdout:
        lines.append(line)
        if enough and enough(line) and not ended:
            stop()
    wait(process)
    process.wait()
    timer.cancel()
    running.discard(process)
    return None if ended else process.returncode, "".join(lines)

"""Runs commands with a time limit; nothing that they started outlives them."""
import os
import signal
import subprocess
import threading

GRACE_SECONDS = 30
running = set()


def end(process):
    """Asks the command to end, so that it can end what it started; then its whole process group goes."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


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
    process.wait()
    timer.cancel()
    running.discard(process)
    return None if ended else process.returncode, "".join(lines)

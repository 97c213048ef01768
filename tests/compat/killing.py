"""A process that is killed while it works."""

import signal
import subprocess
import time


def run_and_kill(command, folder, moment):
    """Runs a command, killed with SIGKILL after so many seconds: None when it was killed, else how long it took."""
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
    return None if process.returncode == -signal.SIGKILL else time.monotonic() - started

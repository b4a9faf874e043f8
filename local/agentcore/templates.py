"""The templates of platform V2: one process for each version of a runtime, from which its sessions are forked."""

import json
import queue
import socket
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from local import processes
from local.agentcore import template_process
from local.agentcore.session import InitialisationError

# Forking a process that uses macOS's frameworks can crash it. There every session is a new process, as on V1.
CAN_FORK = sys.platform == "linux"

# What the template has instead of credentials: in a restored session, those of the snapshot would be old.
_OLD_CREDENTIALS = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), "expired")
_START_SECONDS = 120.0
_FORK_SECONDS = 30.0


class ForkedProcess:
    """A session's process, with the part of `subprocess.Popen` that sessions use.

    Attributes:
        pid: Id of the process.
        returncode: Exit status, negative for a signal; None while it runs.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = threading.Event()

    def poll(self) -> int | None:
        """Return the exit status; None while the process runs."""
        return self.returncode

    def wait(self) -> None:
        """Wait until the process has ended."""
        self._ended.wait()

    def end(self, status: int) -> None:
        """Note that the process has ended."""
        self.returncode = status
        self._ended.set()


class Template:
    """A process that answers its first ping, and then waits for orders.

    Args:
        command: What Python runs: a file, or `-m` and a module.
        environment: Environment variables of the sessions; the template has no credentials.
        log: Log file of the template.
    """

    def __init__(self, command: list[str], *, environment: Mapping[str, str], log: Path) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = processes.spawn(
                [sys.executable, "-m", template_process.__name__, str(theirs.fileno()), *command],
                environment={**environment, **_OLD_CREDENTIALS, "PORT": str(processes.free_port())},
                log=log,
                pass_fds=[theirs.fileno()],
            )
        self._log = log
        self._is_ready = False
        self._lock = threading.Lock()
        self._children: dict[int, ForkedProcess] = {}
        self._forked: queue.Queue[ForkedProcess | None] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def wait_until_ready(self) -> None:
        """Wait for the answer to the first ping.

        Raises:
            InitialisationError: It has not answered in time.
        """
        with self._lock:
            if not self._is_ready:
                self._await(_START_SECONDS, self._log)
                self._is_ready = True

    def fork(self, environment: Mapping[str, str], log: Path) -> ForkedProcess:
        """Start a session.

        Raises:
            InitialisationError: The template has ended.
        """
        order = {"environment": dict(environment), "log": str(log)}
        with self._lock:
            self._control.sendall(json.dumps(order).encode() + b"\n")
            child = self._await(_FORK_SECONDS, log)
        assert child is not None
        processes.adopt(child.pid)
        return child

    def close(self) -> None:
        """End the template. Its sessions must have ended before."""
        processes.end(self._process, grace_seconds=1.0)
        self._control.close()

    def _await(self, seconds: float, log: Path) -> ForkedProcess | None:
        try:
            answer = self._forked.get(timeout=seconds)
        except queue.Empty:
            raise InitialisationError(f"The template does not answer within {seconds:g} s: see {log}") from None
        if answer is None and self._process.poll() is not None:
            raise InitialisationError(f"The template has ended: see {log}. {processes.last_lines(log)}")
        return answer

    def _listen(self) -> None:
        for line in self._control.makefile("rb"):
            match json.loads(line):
                case {"forked": pid}:
                    self._children[pid] = ForkedProcess(pid)
                    self._forked.put(self._children[pid])
                case {"ended": pid, "status": status}:
                    self._children.pop(pid).end(status)
                case _:
                    self._forked.put(None)
        self._process.wait()
        self._forked.put(None)
        for child in self._children.values():
            child.end(-1)


class Templates:
    """The templates of all runtimes, by the version of the runtime."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._lock = threading.Lock()
        self._templates: dict[tuple[str, str], Template] = {}
        self._is_closed = False

    def of(self, arn: str, version: str, command: list[str], environment: Mapping[str, str]) -> Template:
        """Return the template of a version of a runtime when it is ready. The first call starts it.

        Raises:
            InitialisationError: It has not answered a ping in time, or all templates have been ended.
        """
        with self._lock:
            if self._is_closed:
                raise InitialisationError("The data plane has been stopped: start it again")
            if (arn, version) not in self._templates:
                log = self._logs / f"template-{arn.rsplit('/', 1)[-1]}-{version}.log"
                self._templates[arn, version] = Template(command, environment=environment, log=log)
            template = self._templates[arn, version]
        try:
            template.wait_until_ready()
        except InitialisationError:
            self._forget(template)  # the next session tries again
            raise
        return template

    def close(self) -> None:
        """End all templates, also those that are not ready yet."""
        with self._lock:
            self._is_closed = True
            templates = list(self._templates.values())
            self._templates.clear()
        for template in templates:
            template.close()

    def _forget(self, template: Template) -> None:
        with self._lock:
            known = [key for key, value in self._templates.items() if value is template]
            for key in known:
                del self._templates[key]
        if known:
            template.close()

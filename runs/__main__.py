"""`python -m runs`, and what the launcher `runs` starts."""

import _signal  # type: ignore[import-not-found]  # loaded by the interpreter, unlike `signal`
import io
import sys

# The imports take most of a second. Ctrl-C in this time ends the command at once, and not in a traceback.
_on_interrupt = _signal.getsignal(_signal.SIGINT)
if callable(_on_interrupt):  # not ignored, as by a shell in the background
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)

import gc  # noqa: E402

# Modules and AWS's service descriptions are many objects that stay. To search them for garbage takes a tenth of the
# time of a short command.
gc.set_threshold(100_000)

from runs.cli.main import app  # noqa: E402

# The help has signs that an ASCII terminal cannot show.
if isinstance(sys.stdout, io.TextIOWrapper):
    sys.stdout.reconfigure(errors="replace")
_signal.signal(_signal.SIGINT, _on_interrupt)
app(prog_name="runs")

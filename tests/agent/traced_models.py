"""The models of `tests/agent/models.py`, in a process that has ended a span, and would export it in an hour."""

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter

from tests.agent.models import waiting

__all__ = ["waiting"]

_provider = TracerProvider()
_exporter = ConsoleSpanExporter(formatter=lambda span: f"exported: {span.name}\n")
_provider.add_span_processor(BatchSpanProcessor(_exporter, schedule_delay_millis=3_600_000))
trace.set_tracer_provider(_provider)
with trace.get_tracer(__name__).start_as_current_span("a span"):
    pass

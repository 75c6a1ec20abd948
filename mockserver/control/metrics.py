"""Prometheus metrics: exchanges, how they ended, how long they took, and how many are live."""

from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from mockserver.journal.totals import BOUNDS
from mockserver.server.asgi import Gateway


class Metrics(Collector):
    """The metrics of one gateway, computed from its journal's totals on each request."""

    def __init__(self, app: Gateway) -> None:
        self._app = app
        self._totals = app.journal.totals
        self.registry = CollectorRegistry()
        self.registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """Yield every metric with its current value."""
        totals, live = self._totals, self._app.traffic.live.values()
        yield self._exchanges()
        yield self._durations()
        yield CounterMetricFamily("mockserver_unmatched", "Requests that no turn matched.", totals.unmatched)
        yield CounterMetricFamily("mockserver_answer_bytes", "Bytes of answers sent.", totals.bytes)
        tokens = CounterMetricFamily("mockserver_tokens", "Tokens that answers reported.", labels=["kind"])
        tokens.add_metric(["input"], totals.input)
        tokens.add_metric(["output"], totals.output)
        yield tokens
        held = sum([answer.delivery.gate.is_shut for answer in live])
        yield GaugeMetricFamily("mockserver_live", "Answers in progress.", len(live))
        yield GaugeMetricFamily("mockserver_held", "Answers on hold.", held)
        yield GaugeMetricFamily("mockserver_failures", "Failures of the mock itself.", len(self._app.failures))

    def _exchanges(self) -> Metric:
        labels = ["operation", "status", "ended"]
        metric = CounterMetricFamily("mockserver_exchanges", "Exchanges that have ended.", labels=labels)
        for (operation, status, ended), count in self._totals.exchanges.items():
            metric.add_metric([operation, str(status), ended], count)
        return metric

    def _durations(self) -> Metric:
        about = "How long answers took, by the session's clock."
        metric = HistogramMetricFamily("mockserver_exchange_seconds", about, labels=["operation"])
        bounds = [*[str(bound) for bound in BOUNDS], "+Inf"]
        for operation, counts in self._totals.durations.items():
            buckets = list(zip(bounds, [float(count) for count in accumulate(counts)], strict=True))
            metric.add_metric([operation], buckets, self._totals.seconds[operation])
        return metric

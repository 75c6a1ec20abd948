"""Metrics for Prometheus: exchanges, how they ended, how long they took, and how many are on their way."""

from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from mockserver.journal.totals import BOUNDS, Totals
from mockserver.server.asgi import Gateway


class Metrics(Collector):
    """The metrics of one gateway, read off its tally when somebody asks."""

    def __init__(self, app: Gateway, tally: Totals) -> None:
        self._app = app
        self._tally = tally
        self.registry = CollectorRegistry()
        self.registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """Every metric as it is now."""
        tally, live = self._tally, self._app.traffic.live.values()
        yield self._exchanges()
        yield self._durations()
        yield CounterMetricFamily("mockserver_unmatched", "Requests that no turn matched.", tally.unmatched)
        yield CounterMetricFamily("mockserver_answer_bytes", "Bytes of answers.", tally.bytes)
        tokens = CounterMetricFamily("mockserver_tokens", "Tokens that answers told of.", labels=["kind"])
        tokens.add_metric(["input"], tally.input)
        tokens.add_metric(["output"], tally.output)
        yield tokens
        held = sum([one.delivery.valve.is_shut for one in live])
        yield GaugeMetricFamily("mockserver_live", "Answers on their way.", len(live))
        yield GaugeMetricFamily("mockserver_held", "Answers that are held back.", held)
        yield GaugeMetricFamily("mockserver_failures", "Failures of the mock itself.", len(self._app.failures))

    def _exchanges(self) -> Metric:
        labels = ["operation", "status", "ended"]
        found = CounterMetricFamily("mockserver_exchanges", "Exchanges that have ended.", labels=labels)
        for (operation, status, ended), count in self._tally.exchanges.items():
            found.add_metric([operation, str(status), ended], count)
        return found

    def _durations(self) -> Metric:
        about = "How long answers took, by the session's clock."
        found = HistogramMetricFamily("mockserver_exchange_seconds", about, labels=["operation"])
        bounds = [*[str(bound) for bound in BOUNDS], "+Inf"]
        for operation, counts in self._tally.durations.items():
            buckets = list(zip(bounds, [float(count) for count in accumulate(counts)], strict=True))
            found.add_metric([operation], buckets, self._tally.seconds[operation])
        return found

"""Collects the metrics of this process, or of all processes on this host, at each scrape."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder

from lifecycle import __version__, conf
from lifecycle.counts.histograms import Histogram
from lifecycle.metrics import readings
from lifecycle.metrics.definitions import HISTOGRAMS, METRICS, Definition, HistogramDefinition
from lifecycle.metrics.readings import Reading
from lifecycle.server import current
from lifecycle.server.process import Process


class LifecycleCollector:
    """Collects the metrics of a process, or of all processes on its host if ``METRICS_SCOPE`` is ``"host"``.

    Each scrape reads one consistent copy of the counts of each process. If the monitor has not
    started in this process, ``running`` is ``None``, and ``lifecycle_build_info`` is the only metric.
    """

    def __init__(self, running: Process | None) -> None:
        self.running = running
        self.whole_host = conf.get("METRICS_SCOPE") == "host"

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics with their samples."""
        build = GaugeMetricFamily("lifecycle_build_info", "The version of the monitor.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build
        if self.running is None:
            return
        found = readings.read_host(self.running) if self.whole_host else [readings.read(self.running)]
        yield from (self.metric(definition, found) for definition in METRICS)
        yield from (self.histogram(definition, found) for definition in HISTOGRAMS)

    def label_names(self, *labels: str) -> list[str]:
        """Return the names of a metric's labels; ``process`` is added if the whole host is collected."""
        return [*labels, "process"] if self.whole_host else [*labels]

    def label_values(self, reading: Reading, *labels: str) -> list[str]:
        """Return the label values of a sample, in the order of ``label_names``."""
        return [*labels, reading.process] if self.whole_host else [*labels]

    def metric(self, definition: Definition, found: list[Reading]) -> Metric:
        """Return a gauge or a counter with its samples."""
        names = self.label_names(*definition.labels)
        family = definition.family(definition.name, definition.text, labels=names)
        for reading in found:
            for labels, value in definition.samples(reading):
                family.add_metric(self.label_values(reading, *labels), value)
        return family

    def histogram(self, definition: HistogramDefinition, found: list[Reading]) -> Metric:
        """Return a histogram with its samples."""
        names = self.label_names("endpoint")
        family = HistogramMetricFamily(definition.name, definition.text, labels=names)
        for reading in found:
            for endpoint, counts in reading.endpoints.items():
                histogram = definition.histogram(counts)
                family.add_metric(self.label_values(reading, endpoint), cumulative(histogram), histogram.total)
        return family


def render(accept: str) -> tuple[bytes, str]:
    """Return the metrics in the format that an ``Accept`` header selects, and the content type."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(LifecycleCollector(current.current()))
    encoder, content_type = choose_encoder(accept)
    return encoder(registry), content_type


def cumulative(histogram: Histogram) -> list[tuple[str, float]]:
    """Return the buckets of a histogram as Prometheus defines them: each includes all lower buckets."""
    buckets: list[tuple[str, float]] = []
    below = 0
    for edge, count in zip([*(str(edge) for edge in histogram.edges), "+Inf"], histogram.counts, strict=True):
        below += count
        buckets.append((edge, below))
    return buckets

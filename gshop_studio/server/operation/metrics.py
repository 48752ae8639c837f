"""What Prometheus is told: counted where it happens, or read from the server's parts when it asks.

Each server has a registry of its own. Labels are drawn from small sets that we name (routes, codes, jobs); no id of a
show or a person ever is one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram, Info
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from gshop_studio import __version__

log = logging.getLogger(__name__)

_REQUEST_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0)
_TRANSACTION_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_LAG_BUCKETS_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
_GROUP_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200)

Number = Callable[[], float]
Numbers = Callable[[], Mapping[str, float]]


class Metrics:
    """Counts. What others count themselves is given as a function to `read_gauge` and its like."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        GCCollector(registry=self._registry)
        Info("gshop_server", "The server's version.", registry=self._registry).info({"version": __version__})
        self._requests = Counter(
            "gshop_http_requests",
            "Requests answered, by route and class of status.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._request_seconds = self._histogram(
            "gshop_http_request_seconds", "How long requests took.", _REQUEST_BUCKETS_S, ("method", "route")
        )
        self._refusals = Counter(
            "gshop_refusals", "What was not done, by the code the caller was told.", ("code",), registry=self._registry
        )
        self._transactions = self._histogram(
            "gshop_database_transaction_seconds", "Transactions, waiting included.", _TRANSACTION_BUCKETS_S, ("kind",)
        )
        self._lag = self._histogram(
            "gshop_event_loop_lag_seconds", "How late the event loop is with what is due.", _LAG_BUCKETS_S
        )
        self._groups = self._histogram(
            "gshop_chat_group_messages", "Messages written together in one transaction.", _GROUP_BUCKETS
        )
        self._readings = _Readings()
        self._registry.register(self._readings)

    # --- counted ------------------------------------------------------------------------------------------------

    def request_answered(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, f"{status // 100}xx").inc()
        self._request_seconds.labels(method, route).observe(seconds)

    def refused(self, code: str) -> None:
        self._refusals.labels(code).inc()

    def transaction_ended(self, *, is_writing: bool, seconds: float) -> None:
        self._transactions.labels("write" if is_writing else "read").observe(seconds)

    def loop_lagged(self, seconds: float) -> None:
        self._lag.observe(seconds)

    def messages_written(self, number: int) -> None:
        """A group of chat messages was committed."""
        self._groups.observe(number)

    # --- read when asked for ------------------------------------------------------------------------------------

    def read_gauge(self, name: str, text: str, read: Number) -> None:
        self._readings.add(_Reading(name, text, False, None, lambda: {"": read()}))

    def read_counter(self, name: str, text: str, read: Number) -> None:
        """`read` gives a number that only rises while the server runs."""
        self._readings.add(_Reading(name, text, True, None, lambda: {"": read()}))

    def read_counters(self, name: str, text: str, label: str, read: Numbers) -> None:
        """As `read_counter`, one for each value of a label."""
        self._readings.add(_Reading(name, text, True, label, read))

    def read_gauges(self, name: str, text: str, label: str, read: Numbers) -> None:
        """One gauge for each value of a label, of which there are few."""
        self._readings.add(_Reading(name, text, False, label, read))

    # --- told ---------------------------------------------------------------------------------------------------

    def page(self, accept: str) -> tuple[bytes, str]:
        """All of it in the form the asker accepts, and its media type."""
        encode, media_type = choose_encoder(accept)
        return encode(self._registry), media_type

    def value(self, name: str, labels: Mapping[str, str] | None = None) -> float | None:
        """One sample as it would be told now."""
        return self._registry.get_sample_value(name, dict(labels or {}))

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...], labels: tuple[str, ...] = ()) -> Histogram:
        return Histogram(name, text, labels, buckets=buckets, registry=self._registry)


@dataclass(frozen=True, slots=True)
class _Reading:
    name: str
    text: str
    is_counter: bool
    label: str | None
    read: Numbers


class _Readings(Collector):
    def __init__(self) -> None:
        self._all: list[_Reading] = []

    def add(self, reading: _Reading) -> None:
        self._all.append(reading)

    def collect(self) -> Iterable[Metric]:
        for reading in self._all:
            labels = [reading.label] if reading.label else []
            family = (CounterMetricFamily if reading.is_counter else GaugeMetricFamily)(
                reading.name, reading.text, labels=labels
            )
            for value, number in reading.read().items():
                family.add_metric([value] if labels else [], number)
            yield family

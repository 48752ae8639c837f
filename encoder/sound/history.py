"""The last second or so of a channel's sound, by absolute position. Pure; lives on the audio loop's thread."""

from __future__ import annotations

import numpy as np

from encoder.sources.source import Samples


class SampleHistory:
    """An append-only strip that forgets what is older than `keep_samples`. Outside of it all is silence."""

    def __init__(self, keep_samples: int) -> None:
        self._keep = keep_samples
        self._strip = np.zeros((2, 2 * keep_samples), np.float32)
        self._filled = 0
        self.end = 0
        """The position after the last sample."""

    def restart(self, position: int) -> None:
        """Forget everything; the next sample to come is that of `position`."""
        self._filled = 0
        self.end = position

    def append(self, samples: Samples) -> None:
        """Add what follows the last sample; at most `keep_samples` of it are kept."""
        samples, count = samples[:, -self._keep :], samples.shape[1]
        kept = samples.shape[1]
        if self._filled + kept > self._strip.shape[1]:
            stays = self._keep - kept
            # numpy copies first where source and target overlap
            self._strip[:, :stays] = self._strip[:, self._filled - stays : self._filled]
            self._filled = stays
        self._strip[:, self._filled : self._filled + kept] = samples
        self._filled += kept
        self.end += count

    def get(self, position: int, count: int) -> Samples:
        """That stretch. A view where it can be: good until the next `append`, and not to be written to."""
        start = position - (self.end - self._filled)
        if start >= 0 and start + count <= self._filled:
            return self._strip[:, start : start + count]
        samples = np.zeros((2, count), np.float32)
        begin, end = max(0, start), min(self._filled, start + count)
        if end > begin:
            samples[:, begin - start : end - start] = self._strip[:, begin:end]
        return samples

"""Outputs that lie in the log twice: a worker that was killed may send its last ones again.

What is not above the last of its source is a repeat, as for whoever reads Kafka.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute

Newest = dict[str, list[int]]
"""The highest offset and index that was seen of every source partition, as `topic/partition`."""

Numbers = np.ndarray[Any, np.dtype[np.int64]]


def fresh(heads: pa.RecordBatch, newest: Newest) -> Iterable[int]:
    """Which of some records of one partition are no repeats, by their number.

    What is no output of ours is none.

    Args:
        heads: Their `RECORD_COLUMNS`, in the order of the log.
        newest: What was seen before; it is brought up to date.
    """
    at, index = heads["event_source_offset"], heads["event_source_index"]
    partitions = heads["event_source_partition"].cast(pa.string())
    names = compute.binary_join_element_wise(heads["event_source_topic"], partitions, "/")
    outputs = compute.and_(compute.and_(at.is_valid(), index.is_valid()), names.is_valid())
    sources = names.dictionary_encode()
    codes = compute.if_else(outputs, sources.indices, -1).to_numpy()
    kept = np.ones(heads.num_rows, np.bool_)
    for code, source in enumerate(sources.dictionary.to_pylist()):
        mine = np.flatnonzero(codes == code)
        if len(mine):
            offsets, indexes = (one.fill_null(0).to_numpy()[mine] for one in (at, index))
            kept[mine] = _rising(offsets, indexes, newest, source)
    return range(len(kept)) if kept.all() else np.flatnonzero(kept).tolist()


def _rising(at: Numbers, index: Numbers, newest: Newest, source: str) -> list[bool] | bool:
    """Which of one source's places are above all before them; whether all are, where they are."""
    last = newest.get(source, [-1, -1])
    further, along = np.diff(at), np.diff(index)
    rising = ((further > 0) | ((further == 0) & (along > 0))).all()
    if rising and [int(at[0]), int(index[0])] > last:
        newest[source] = [int(at[-1]), int(index[-1])]
        return True
    kept = []
    for place in map(list, zip(at.tolist(), index.tolist(), strict=True)):
        kept.append(place > last)
        last = max(place, last)
    newest[source] = last
    return kept

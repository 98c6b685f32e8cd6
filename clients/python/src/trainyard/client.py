"""The client of the HTTP API: every method is one route, or a loop over one. Needs nothing but Python's standard library."""

from __future__ import annotations

import json
import os
import uuid
from typing import Any, Iterable, Iterator, List, Mapping, Optional, Sequence, Union

from .errors import ApiError, NotSucceededError
from .events import watch_frames
from .forms import form_of
from .tables import Table, columns_of, is_frame, plain_value, to_upload, trimmed
from .transport import Transport, field_texts, query_text, segment

Json = Any
"""A document of the API, as openapi.yaml describes it: a dict."""
Row = Union[Sequence[Any], Mapping[str, Any]]

FINAL_STATES = frozenset(["succeeded", "failed", "cancelled"])
"""The states in which a job or a sweep stays."""
PAGE = 100
BLOCK_ROWS = 5000
BLOCK_CELLS = 100_000
"""Maximum rows, and cells, of one request to predict: more rows are sent as several requests."""
EXPLAINED_ROWS = 100
"""Maximum rows of one request for explanations."""
TOO_LARGE = 413
MAX_QUERY = 4000
"""Longest query of an upload, in bytes; a longer one is sent as a form. Proxies often take 8 KiB of an address, the server 16."""


class Client:
    """
    A client of one server.

    Its address is `url`, else the environment's TRAINYARD_URL, else http://localhost:8080; its key is `key`, else TRAINYARD_KEY.
    `timeout` is how many seconds an answer may take to begin. Methods raise ApiError where the server refuses (InvalidRequestError
    names each field and the cure), and UnreachableError where it does not answer. A client may be shared by threads.

        client = Client()
        job = client.submit({"name": "xor", "data": {"generator": {"type": "xor"}}})
        for frame in client.watch(job["id"]):
            print(frame["type"])

    A pickled client has no key: it takes TRAINYARD_KEY where it is unpickled.
    """

    def __init__(self, url: Optional[str] = None, key: Optional[str] = None, *, timeout: float = 120.0) -> None:
        self.url = url or os.environ.get("TRAINYARD_URL") or "http://localhost:8080"
        self.timeout = timeout
        self._transport = Transport(self.url, key or os.environ.get("TRAINYARD_KEY"), timeout)

    def __repr__(self) -> str:
        return f"Client({self.url!r})"

    def __reduce__(self) -> Any:
        return _unpickled_client, (self.url, self.timeout)

    def __copy__(self) -> "Client":
        return self

    def __deepcopy__(self, _memo: Any) -> "Client":
        return self  # It has no state of its own: clones of an estimator share it, with its key.

    # Jobs

    def submit(self, spec: Mapping[str, Any], *, idempotency_key: Optional[str] = None) -> Json:
        """Stores and queues a job and returns it. The same key and spec, sent again within a day, are the same job."""
        return self._create("v1/jobs", spec, idempotency_key)

    def train(self, spec: Mapping[str, Any]) -> Json:
        """Submits a job, waits for it and returns it. Raises NotSucceededError unless it has succeeded."""
        return self._succeeded(self.wait(self.submit(spec)["id"]))

    def validate(self, spec: Mapping[str, Any]) -> Json:
        """Returns the resolved spec, with every default filled in, and stores nothing."""
        return self._ask("v1/jobs", spec, query={"validate_only": True})

    def job(self, id: str) -> Json:
        """Returns a job as it is now."""
        return self._transport.get(f"v1/jobs/{segment(id)}")

    def jobs(
        self,
        *,
        state: Optional[str] = None,
        name: Optional[str] = None,
        filter: Optional[str] = None,
        order_by: Optional[str] = None,
    ) -> Iterator[Json]:
        """
        Iterates over jobs, newest first, or as `order_by` says: `-metrics.val_accuracy`. `filter` has conditions (docs/finding.md):
        `metrics.val_loss < 0.3 and tags.team = "a"`.
        """
        return self._pages("v1/jobs", state=state, name=name, filter=filter, order_by=order_by)

    def label_job(self, id: str, **changes: Any) -> Json:
        """Changes `tags` (a dict; None removes a tag) and `note` (None removes it) of a job. Others stay."""
        return self._transport.call("PATCH", f"v1/jobs/{segment(id)}", changes, repeatable=True)

    def watch(self, id: str, *, after: int = 0) -> Iterator[Json]:
        """
        Iterates over the frames of a job, each once and in order, across broken connections and restarts of the server, up to its
        `end`. A frame of the type `metrics` has the epochs `from` to `to` as columns in `series`.
        """
        return watch_frames(self._transport, f"v1/jobs/{segment(id)}/events", after, FINAL_STATES)

    def wait(self, id: str) -> Json:
        """Waits until a job has ended, and returns it."""
        for _ in self.watch(id):
            pass
        return self.job(id)

    def cancel(self, id: str) -> Json:
        """Cancels a job."""
        return self._change(f"v1/jobs/{segment(id)}/cancel")

    def pause(self, id: str) -> Json:
        """Stops a job after a checkpoint; `resume` continues it from there."""
        return self._change(f"v1/jobs/{segment(id)}/pause")

    def resume(self, id: str) -> Json:
        """Queues a paused job again."""
        return self._change(f"v1/jobs/{segment(id)}/resume")

    def delete_job(self, id: str) -> None:
        """Deletes a finished job with its metrics. Its model stays."""
        self._transport.call("DELETE", f"v1/jobs/{segment(id)}")

    def metrics(self, id: str, *, points: Optional[int] = None, series: Optional[Sequence[str]] = None) -> Json:
        """Returns metrics by epoch, as columns; with `points` thinned to about so many epochs, extremes kept."""
        return self._transport.get(f"v1/jobs/{segment(id)}/metrics", points=points, series=series and ",".join(series))

    # Data sets

    def upload(
        self,
        table: Table,
        name: Optional[str] = None,
        *,
        format: Optional[str] = None,
        types: Optional[Mapping[str, str]] = None,
        **options: Any,
    ) -> Json:
        """
        Uploads a table and returns its data set: a path, bytes (with `format`), an open file, a list of dicts, a dict of columns, or a
        frame of pandas or polars. `types` are types of columns by name (number, integer, boolean, category, datetime, text), instead
        of finding them out; `options` are those of docs/tables.md (`columns`, `missing`, `decimal`, ...). The same bytes are the same data set.
        """
        upload = to_upload(table, format)
        fields = field_texts({"name": name or upload.name, "types": trimmed({**upload.types, **(types or {})}) or None, **options})
        body, content_type = upload.body, upload.content_type
        # The types of many columns may make a URL longer than a server or a proxy allows.
        if len(query_text(fields)) > MAX_QUERY:
            body, content_type = form_of(fields, body, content_type)
            fields = {}
        headers = {"content-type": content_type}
        return json.loads(
            self._transport.read("POST", "v1/datasets", body, query=fields, headers=headers, repeatable=upload.repeatable)
        )

    def import_dataset(self, source: Mapping[str, Any], **options: Any) -> Json:
        """
        Has the server fetch a table and returns its data set. `source` is one of `{"url": ...}`, `{"s3": {...}}` and
        `{"postgres": {"url": ..., "query": ...}}` (docs/schedules.md); `options` are `name`, `format` and `reading`.
        """
        return self._ask("v1/datasets/import", {"source": source, **options})

    # Schedules: a table is fetched again and again, and a job trains on what is new.

    def create_schedule(self, schedule: Mapping[str, Any], *, key: Optional[str] = None) -> Json:
        """Creates a schedule from the body of `POST /v1/schedules`."""
        return self._create("v1/schedules", schedule, key)

    def change_schedule(self, id: str, **changes: Any) -> Json:
        """Changes what is given of a schedule: `paused=True` pauses it."""
        return self._transport.call("PATCH", f"v1/schedules/{segment(id)}", changes, repeatable=True)

    def schedules(self) -> Iterator[Json]:
        """Iterates over schedules, newest first, each with its last run."""
        return self._pages("v1/schedules")

    def schedule(self, id: str) -> Json:
        """Returns a schedule."""
        return self._transport.get(f"v1/schedules/{segment(id)}")

    def run_schedule(self, id: str) -> Json:
        """Starts a run now, and does not wait for it."""
        return self._change(f"v1/schedules/{segment(id)}/run")

    def schedule_runs(self, id: str) -> Iterator[Json]:
        """Iterates over the runs of a schedule, newest first."""
        return self._pages(f"v1/schedules/{segment(id)}/runs")

    def delete_schedule(self, id: str) -> None:
        """Deletes a schedule with its runs and keys. Data sets, jobs and models stay."""
        self._transport.call("DELETE", f"v1/schedules/{segment(id)}")

    def dataset(self, id: str) -> Json:
        """Returns a data set with its columns and their statistics."""
        return self._transport.get(f"v1/datasets/{segment(id)}")

    def datasets(self) -> Iterator[Json]:
        """Iterates over data sets without their columns, newest first."""
        return self._pages("v1/datasets")

    def preview(self, id: str, rows: int = 10) -> Json:
        """Returns the first rows of a data set."""
        return self._transport.get(f"v1/datasets/{segment(id)}/preview", rows=rows)

    def delete_dataset(self, id: str) -> None:
        """Deletes a data set. Models that were trained on it stay."""
        self._transport.call("DELETE", f"v1/datasets/{segment(id)}")

    # Models. `ref` is an id, a name (its newest version), `name@version` or `name@alias`.

    def model(self, ref: str) -> Json:
        """Returns a model with its inputs and its evaluation."""
        return self._transport.get(f"v1/models/{segment(ref)}")

    def models(self, *, name: Optional[str] = None) -> Iterator[Json]:
        """Iterates over models, newest first."""
        return self._pages("v1/models", name=name)

    def predict(self, ref: str, rows: Any, **options: Any) -> List[Json]:
        """
        Returns one answer for each row, in order. Rows are a list of dicts by column or of lists in the order of the model's columns,
        an array, or a frame; None and NaN are missing values. `options` are those of the request: `top_k`, `threshold`,
        `interval`, `explain`. Many rows are several requests.
        """
        path = f"v1/models/{segment(ref)}/predict"
        instances = _instances(rows)
        width = max(1, len(instances[0])) if instances else 1
        step = EXPLAINED_ROWS if options.get("explain") is not None else max(1, min(BLOCK_ROWS, BLOCK_CELLS // width))
        answers: List[Json] = []
        for start in range(0, max(1, len(instances)), step):
            answers += self._predict_block(path, instances[start : start + step], options)
        return answers

    def _predict_block(self, path: str, block: List[Any], options: Mapping[str, Any]) -> List[Json]:
        try:
            answers: List[Json] = self._ask(path, {"instances": block, **options})["predictions"]
            return answers
        except ApiError as error:
            # How large an answer is depends on the model's classes; a block of half the rows is half as large.
            if error.status != TOO_LARGE or len(block) < 2:
                raise
        half = len(block) // 2
        return self._predict_block(path, block[:half], options) + self._predict_block(path, block[half:], options)

    def evaluate(self, ref: str, dataset_id: str) -> Json:
        """Returns the scores of a model over every row of a data set."""
        return self._ask(f"v1/models/{segment(ref)}/evaluate", {"dataset": {"id": dataset_id}})["evaluation"]

    def influence(self, ref: str, rows: Any, *, idempotency_key: Optional[str] = None, **options: Any) -> Json:
        """Queues the job that asks which training rows made the predictions of `rows`, and returns it.

        Options are those of the request: `actual`, `output` and `name`, and its `rows` as `leave_out`. The `evaluation.influence`
        of the job's model has the answer.
        """
        leave_out = options.pop("leave_out", None)
        chosen = {} if leave_out is None else {"rows": leave_out}
        body = {"instances": _instances(rows), **options, **chosen}
        return self._create(f"v1/models/{segment(ref)}/influence", body, idempotency_key)

    def learning_curve(self, ref: str, *, idempotency_key: Optional[str] = None, **options: Any) -> Json:
        """Queues the job that trains a model's network on growing parts of its rows, and returns it.

        Options are those of the request: `sizes`, `repeats` and `name`. The `evaluation.learning_curve` of the job's model has the answer.
        """
        return self._create(f"v1/models/{segment(ref)}/learning-curve", options, idempotency_key)

    def seeds(self, ref: str, count: int = 10, *, idempotency_key: Optional[str] = None) -> Json:
        """Queues the job that trains a model's network with so many other seeds, and returns it.

        The `evaluation.seeds` of the job's model has the answer, and `compare_scores` takes it in.
        """
        return self._create(f"v1/models/{segment(ref)}/seeds", {"seeds": count}, idempotency_key)

    def compare_scores(self, a: str, b: str, dataset_id: Optional[str] = None) -> Json:
        """Returns which of two models is better, and how sure that is: on a data set, or on the rows that both of their jobs held out."""
        query = {"with": b, "dataset": dataset_id}
        return self._transport.call("GET", f"v1/models/{segment(a)}/compare/scores", query=query, repeatable=True)

    def monitoring(self, ref: str, *, windows: int = 12) -> Json:
        """Returns how the rows that a model predicts compare with its training, and its newest windows."""
        return self._transport.call("GET", f"v1/models/{segment(ref)}/monitoring", query={"windows": windows}, repeatable=True)

    def configure_monitoring(self, ref: str, **changes: Any) -> Json:
        """Changes how a model is monitored: `enabled`, and `webhook` as `{"url": ...}` or None."""
        return self._transport.call("PATCH", f"v1/models/{segment(ref)}/monitoring", changes, repeatable=True)

    def predict_as(self, ref: str, prediction_id: str, rows: Any) -> List[Json]:
        """Predicts up to 1000 rows in one request, and keeps the answers under an id that you choose, for `feedback`."""
        path = f"v1/models/{segment(ref)}/predict"
        body = {"instances": _instances(rows)}
        answers: List[Json] = self._transport.call(
            "POST", path, body, query={"prediction_id": prediction_id}, repeatable=True
        )["predictions"]
        return answers

    def feedback(self, ref: str, labels: Sequence[Mapping[str, Any]]) -> Json:
        """Tells what was true: `{"prediction_id", "row", "label"}` each, of predictions by `predict_as`. Returns the live score."""
        body = {"labels": [dict(label) for label in labels]}
        return self._transport.call("POST", f"v1/models/{segment(ref)}/feedback", body, repeatable=True)

    def set_alias(self, name: str, alias: str, version: int) -> Json:
        """Points an alias of a name at one of its versions."""
        path = f"v1/models/{segment(name)}/aliases/{segment(alias)}"
        return self._transport.call("PUT", path, {"version": version}, repeatable=True)

    def weights(self, ref: str) -> bytes:
        """Returns the weights as a safetensors file, with PyTorch's names and layout."""
        return self._transport.read("GET", f"v1/models/{segment(ref)}/weights", repeatable=True)

    def onnx(self, ref: str) -> bytes:
        """Returns the model, preprocessing included, as an ONNX file."""
        return self._transport.read("GET", f"v1/models/{segment(ref)}/onnx", repeatable=True)

    def delete_model(self, ref: str) -> None:
        """Deletes a model. The job that trained it stays."""
        self._transport.call("DELETE", f"v1/models/{segment(ref)}")

    # Sweeps

    def submit_sweep(self, spec: Mapping[str, Any], *, idempotency_key: Optional[str] = None) -> Json:
        """Stores and queues a sweep (docs/sweeps.md) and returns it."""
        return self._create("v1/sweeps", spec, idempotency_key)

    def run_sweep(self, spec: Mapping[str, Any]) -> Json:
        """Submits a sweep, waits for it and returns it. Raises NotSucceededError unless it has succeeded."""
        return self._succeeded(self.wait_for_sweep(self.submit_sweep(spec)["id"]))

    def sweep(self, id: str) -> Json:
        """Returns a sweep as it is now."""
        return self._transport.get(f"v1/sweeps/{segment(id)}")

    def sweeps(self, *, state: Optional[str] = None, name: Optional[str] = None) -> Iterator[Json]:
        """Iterates over sweeps, newest first."""
        return self._pages("v1/sweeps", state=state, name=name)

    def label_sweep(self, id: str, **changes: Any) -> Json:
        """Changes `tags` and `note` of a sweep as `label_job` does."""
        return self._transport.call("PATCH", f"v1/sweeps/{segment(id)}", changes, repeatable=True)

    def trials(self, id: str, **query: Any) -> Iterator[Json]:
        """
        Iterates over the trials of a sweep; `query` has `order_by`, `state`, `min_value`, `max_value`, `filter` (docs/sweeps.md),
        and `after`, the number of the trial behind which to begin in that order.
        """
        return self._pages(f"v1/sweeps/{segment(id)}/trials", **query)

    def watch_sweep(self, id: str, *, after: int = 0) -> Iterator[Json]:
        """Iterates over the frames of a sweep as `watch` does over a job's."""
        return watch_frames(self._transport, f"v1/sweeps/{segment(id)}/events", after, FINAL_STATES)

    def wait_for_sweep(self, id: str) -> Json:
        """Waits until a sweep has ended, and returns it."""
        for _ in self.watch_sweep(id):
            pass
        return self.sweep(id)

    def cancel_sweep(self, id: str) -> Json:
        """Cancels a sweep."""
        return self._change(f"v1/sweeps/{segment(id)}/cancel")

    # Shared by the methods

    def _create(self, path: str, spec: Mapping[str, Any], key: Optional[str]) -> Json:
        """Posts with an idempotency key, so that a request whose answer was lost can be sent again."""
        headers = {"idempotency-key": key or str(uuid.uuid4())}
        return self._transport.call("POST", path, spec, headers=headers, repeatable=True)

    def _change(self, path: str) -> Json:
        return self._transport.call("POST", path, headers={"idempotency-key": str(uuid.uuid4())}, repeatable=True)

    def _ask(self, path: str, body: Mapping[str, Any], **options: Any) -> Json:
        """Posts a question, which changes nothing."""
        return self._transport.call("POST", path, body, repeatable=True, **options)

    def _pages(self, path: str, **query: Any) -> Iterator[Json]:
        after = query.pop("after", None)
        while True:
            page = self._transport.get(path, **{"limit": PAGE, **query, "after": after})
            yield from page["data"]
            after = page["next_after"]
            if not page["has_more"]:
                return

    @staticmethod
    def _succeeded(work: Json) -> Json:
        if work["state"] != "succeeded":
            raise NotSucceededError(work)
        return work


def _unpickled_client(url: str, timeout: float) -> Client:
    return Client(url, timeout=timeout)


def _instances(rows: Any) -> List[Any]:
    """Rows as values of JSON."""
    if is_frame(rows) or isinstance(rows, Mapping):
        columns, _ = columns_of(rows)
        names = list(trimmed(columns))
        plain = ([plain_value(value, name) for value in values] for name, values in columns.items())
        return [dict(zip(names, row)) for row in zip(*plain)]
    listed: Iterable[Any] = rows.tolist() if hasattr(rows, "tolist") else rows
    return [
        trimmed({name: plain_value(value, name) for name, value in row.items()})
        if isinstance(row, Mapping)
        else [plain_value(value, str(at)) for at, value in enumerate(row)]
        for row in listed
    ]

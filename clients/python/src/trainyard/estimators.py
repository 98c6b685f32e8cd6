"""Estimators as scikit-learn has them, which train on a Trainyard server. scikit-learn and numpy are not needed."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple, TypeVar

from ._inputs import (
    Features,
    as_array,
    check_names,
    classes_of,
    columns_of_target,
    fit_weights,
    read_features,
    read_target,
    read_weights,
    without_weight,
)
from ._parameters import Parameters
from ._sklearn import more_tags, not_fitted_error, sklearn_tags
from .client import Client, Json
from .errors import NotSucceededError
from .tables import csv_of

Self = TypeVar("Self", bound="TrainyardEstimator")


class Target(NamedTuple):
    """y as a job trains on it."""

    task: str
    columns: List[List[Any]]
    """One, or of a regression several."""
    type: str
    """Of its columns."""
    attributes: Dict[str, Any]
    """What `fit` sets on the estimator for it."""


class TrainyardEstimator(Parameters):
    """
    What the classifier and the regressor share: a network that a server trains on the rows of `fit`, and that stays there.

    Parameters
    ----------
    hidden_layer_sizes : widths of the hidden layers; None has the server search for the best model, which takes longer, and to which
        the parameters up to `validation_fraction` do not apply.
    activation : the layer behind each hidden one, by its name in docs/networks.md.
    learning_rate, weight_decay : of AdamW.
    batch_size : rows of a step; None is all.
    epochs : how often the rows are gone through.
    validation_fraction : the share of the rows that is held out; training then stops early and keeps the best weights.
    random_state : the seed, a whole number. The same rows, parameters and seed give the same bits.
    spec : fields of the job (docs/clients.md) that stand in the place of those that follow from the parameters, as
        `{"model": {"layers": [...]}, "epochs": 20}`.
    name : what the model is called on the server; each fit is a version of it.
    verbose : prints the loss as it falls.
    client : the server; left out, the one of the environment's TRAINYARD_URL and TRAINYARD_KEY.

    Attributes
    ----------
    model_id_, job_id_ : what `fit` has made on the server. A pickled estimator holds these, and no weights.
    history_ : the loss and metrics of each epoch, by name.
    n_features_in_, feature_names_in_ : of `fit`; names where all columns had one.

    X may be an array, a frame of pandas or polars, a list of lists or a list of dicts; it may hold numbers, labels, dates and missing values.
    """

    _estimator_type: str
    _several_targets = False

    def __init__(
        self,
        *,
        hidden_layer_sizes: Optional[Sequence[int]] = (64, 64),
        activation: str = "relu",
        learning_rate: float = 0.01,
        weight_decay: float = 0.0,
        batch_size: Optional[int] = 32,
        epochs: int = 100,
        validation_fraction: float = 0.0,
        random_state: Optional[int] = 0,
        spec: Optional[Mapping[str, Any]] = None,
        name: str = "sklearn",
        verbose: bool = False,
        client: Optional[Client] = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.epochs = epochs
        self.validation_fraction = validation_fraction
        self.random_state = random_state
        self.spec = spec
        self.name = name
        self.verbose = verbose
        self.client = client

    def fit(self: Self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """
        Trains on the server and returns the estimator. `sample_weight` says how much each row counts in the loss: a number of at least 0,
        or one for each row; rows of weight 0 are left out. A class that has no others is among `classes_`, with a probability of 0. Raises ApiError,
        UnreachableError, or NotSucceededError.
        """
        features = read_features(X)
        cells = read_target(y, features.n_rows, several=self._several_targets)
        weights = None if sample_weight is None else fit_weights(sample_weight, features.n_rows)
        target = self._read_target(cells, weights)
        if weights is not None and 0 in weights:
            features, columns, weights = without_weight(features, target.columns, weights)
            target = target._replace(columns=columns)
        client = self._client()
        dataset = self._upload(client, features, target, weights)
        names = [column["name"] for column in dataset["columns"]]
        # Named, texts are features too; a column without values is none.
        told = [name for name, values in zip(names, features.columns) if any(value is not None for value in values)]
        targets = names[len(features.columns) : len(features.columns) + len(target.columns)]
        source = {"id": dataset["id"], "features": told, "target": targets[0] if len(targets) == 1 else targets}
        if weights is not None:
            source["weights"] = names[-1]
        job, history = self._train(client, {**self._job_spec(), "task": target.task, "data": {"dataset": source}})
        inputs = client.model(job["model"]["id"])["inputs"]
        # All at the end: where a fit fails, the estimator is that of the fit before.
        vars(self).update(target.attributes)
        self.job_id_, self.model_id_, self.history_ = job["id"], job["model"]["id"], history
        self.n_features_in_ = len(features.columns)
        if features.names:
            self.feature_names_in_ = as_array(features.names, dtype=object)
        else:
            vars(self).pop("feature_names_in_", None)
        # Rows to predict are lists in the order of the model's columns.
        self._input_positions = [names.index(column["name"]) for column in inputs]
        return self

    def delete(self) -> None:
        """Deletes the model and the job of `fit` from the server. Its data set stays: other fits may have the same rows."""
        self._check_is_fitted()
        client = self._client()
        client.delete_model(self.model_id_)
        client.delete_job(self.job_id_)

    def _read_target(self, values: List[Any], weights: Optional[List[float]]) -> Target:
        """
        Returns the target as this estimator trains on it, rows of weight 0 included. Raises ValueError for values that it cannot be trained on.
        """
        raise NotImplementedError

    def _client(self) -> Client:
        return Client() if self.client is None else self.client

    def _upload(self, client: Client, features: Features, target: Target, weights: Optional[List[float]]) -> Json:
        names = [name.strip() for name in features.names or []]
        if not all(names) or len(set(names)) < len(features.columns):
            names = [f"x{at}" for at in range(len(features.columns))]
        types = {names[at]: kind for at, kind in features.types.items()}
        columns = dict(zip(names, features.columns))
        for at, values in enumerate(target.columns):
            target_name = "target" if len(target.columns) == 1 else f"target_{at}"
            while target_name in columns:
                target_name += "_"
            columns[target_name], types[target_name] = values, target.type
        if weights is not None:
            weights_name = "weight"
            while weights_name in columns:
                weights_name += "_"
            columns[weights_name], types[weights_name] = weights, "number"
        table = csv_of(columns)
        # A label such as "NA" is one: what is missing is None or NaN.
        return client.upload(table, self.name, format="csv", header=True, types=types, missing="")

    def _job_spec(self) -> Dict[str, Any]:
        """The fields of the job but for its data and task."""
        spec: Dict[str, Any] = {"name": self.name, "seed": 0 if self.random_state is None else int(self.random_state)}
        if self.hidden_layer_sizes is not None:
            hidden = [[{"type": "linear", "units": int(units)}, self.activation] for units in self.hidden_layer_sizes]
            spec.update(
                model={"layers": [layer for pair in hidden for layer in pair] + ["linear"]},
                optimizer={"type": "adamw", "lr": self.learning_rate, "weight_decay": self.weight_decay},
                batch_size=self.batch_size,
                epochs=self.epochs,
                split={"validation": self.validation_fraction} if self.validation_fraction else None,
            )
        given = dict(self.spec or {})
        for field in ("data", "task"):
            if field in given:
                raise ValueError(f"spec: {field} follows from what fit is given; leave it out")
        return {**spec, **given}

    def _train(self, client: Client, spec: Dict[str, Any]) -> Tuple[Json, Dict[str, List[Any]]]:
        """Submits a job, follows it to its end, and returns it with its history."""
        id = client.submit(spec)["id"]
        history: Dict[str, List[Any]] = {}
        for frame in client.watch(id):
            if frame["type"] != "metrics":
                continue
            for name, values in frame["series"].items():
                history.setdefault(name, []).extend(values)
            if self.verbose:
                shown = ", ".join(f"{name} {values[-1]:.4g}" for name, values in frame["series"].items() if values[-1] is not None)
                print(f"epoch {frame['to']}: {shown}")
        job = client.job(id)
        if job["state"] != "succeeded":
            raise NotSucceededError(job)
        return job, history

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_id_")

    def _check_is_fitted(self) -> None:
        if not self.__sklearn_is_fitted__():
            raise not_fitted_error()(f"This {type(self).__name__} instance is not fitted yet: call fit first.")

    def _answers(self, X: Any) -> List[Dict[str, Any]]:
        """The server's answer for each row of X, once X is of the features of `fit`."""
        self._check_is_fitted()
        features = read_features(X)
        check_names(getattr(self, "feature_names_in_", None), features.names, type(self).__name__)
        given = len(features.columns)
        if given != self.n_features_in_:
            raise ValueError(f"X has {given} features, but {type(self).__name__} is expecting {self.n_features_in_} features as input")
        rows = [list(row) for row in zip(*(features.columns[at] for at in self._input_positions))]
        return self._client().predict(self.model_id_, rows or [[]] * features.n_rows)

    def _more_tags(self) -> Dict[str, Any]:
        return more_tags(self._several_targets)

    def __sklearn_tags__(self) -> Any:
        return sklearn_tags(self._estimator_type, self._several_targets)


class TrainyardClassifier(TrainyardEstimator):
    """A classifier of one target. `classes_` has the classes, in the order of the columns of `predict_proba`."""

    if __doc__:  # -OO takes it away.
        __doc__ += "\n\n" + (TrainyardEstimator.__doc__ or "")
    _estimator_type = "classifier"

    classes_: Any

    def _read_target(self, values: List[Any], weights: Optional[List[float]]) -> Target:
        classes, positions = classes_of(values)
        trained = {at for at, weight in zip(positions, weights or [1.0] * len(positions)) if weight > 0}
        if len(trained) < 2:
            only = classes[next(iter(trained))]
            raise ValueError(f"a classifier needs at least 2 classes, but only one class has rows of a weight above 0: {only!r}")
        task = "binary_classification" if len(trained) == 2 else "multiclass_classification"
        return Target(task, [positions], "category", {"classes_": as_array(classes)})

    def predict(self, X: Any) -> Any:
        """Returns the class of each row."""
        answers = self._answers(X)
        return as_array([self.classes_[int(answer["label"])] for answer in answers], dtype=getattr(self.classes_, "dtype", None))

    def predict_proba(self, X: Any) -> Any:
        """Returns the probability of each class, a row for each row."""
        answers = self._answers(X)
        names = [str(at) for at in range(len(self.classes_))]
        # A class that no row of weight trained is none of the model's.
        return as_array([[answer["probabilities"].get(name, 0.0) for name in names] for answer in answers])

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Returns the accuracy, 0 to 1."""
        predicted = list(self.predict(X))
        truth, weights = read_target(y, len(predicted)), read_weights(sample_weight, len(predicted))
        right = sum(weight for weight, a, b in zip(weights, truth, predicted) if a == b)
        return float(right / sum(weights))


class TrainyardRegressor(TrainyardEstimator):
    """A regressor of one target, or of several: y is then an array or frame with a column for each, and so is what `predict` returns."""

    if __doc__:  # -OO takes it away.
        __doc__ += "\n\n" + (TrainyardEstimator.__doc__ or "")
    _estimator_type = "regressor"
    _several_targets = True

    def _read_target(self, values: List[Any], weights: Optional[List[float]]) -> Target:
        return Target("regression", columns_of_target(values), "number", {})

    def predict(self, X: Any) -> Any:
        """Returns the value of each row; of several targets, a row of them."""
        return as_array([answer["value"] for answer in self._answers(X)])

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Returns the coefficient of determination: 1 at best, 0 for the mean of y; of several targets, the mean of theirs."""
        predicted = [answer["value"] for answer in self._answers(X)]
        weights = read_weights(sample_weight, len(predicted))
        truths, columns = columns_of_target(read_target(y, len(predicted), several=True)), columns_of_target(predicted)
        if len(truths) != len(columns):
            raise ValueError(f"y has {len(truths)} targets for each sample, and the model {len(columns)}")
        scores = [_r2(truth, values, weights) for truth, values in zip(truths, columns)]
        return sum(scores) / len(scores)


def _r2(truth: List[float], predicted: List[float], weights: List[float]) -> float:
    mean = sum(w * t for w, t in zip(weights, truth)) / sum(weights)
    residual = sum(w * (t - p) ** 2 for w, t, p in zip(weights, truth, predicted))
    total = sum(w * (t - mean) ** 2 for w, t in zip(weights, truth))
    return float(1 - residual / total) if total else float(residual == 0)

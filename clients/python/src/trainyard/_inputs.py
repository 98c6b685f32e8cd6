"""What an estimator is given, checked and as columns: X and y as scikit-learn has them. numpy is used where it is installed."""

from __future__ import annotations

import math
import warnings
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ._sklearn import conversion_warning
from .tables import columns_of, is_frame, is_missing, plain_value

try:
    import numpy
except ImportError:
    numpy = None  # type: ignore[assignment]

MAX_NAMED = 5
"""Most columns that an error names."""


class Features(NamedTuple):
    """X: columns of plain values in their order."""

    columns: List[List[Any]]
    names: Optional[List[str]]
    """Where all columns have a text as their name, as those of most frames do."""
    types: Dict[int, str]
    """Types of columns, by position, that are certain."""

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return len(self.columns[0])


def read_features(X: Any) -> Features:
    """
    Reads an array, a frame, a list of lists or a list of dicts. None and NaN are missing values. Raises ValueError or TypeError, in
    scikit-learn's words, for what is no table of numbers, labels and dates.
    """
    if is_frame(X):
        features = _of_columns(*columns_of(X), all(isinstance(name, str) for name in X.columns))
    elif isinstance(X, Sequence) and not isinstance(X, str) and X and isinstance(X[0], Mapping):
        features = _of_columns(*columns_of(X), True)
    else:
        features = _of_array(X)
    for at, values in enumerate(features.columns):
        if any(isinstance(value, float) and math.isinf(value) for value in values):
            cure = "leave the row out, or write NaN for a missing value"
            raise ValueError(f"Input X contains infinity in column {_name(features, at)}: {cure}.")
    return features


def _name(features: Features, at: int) -> str:
    return features.names[at] if features.names else str(at)


def _of_columns(columns: Mapping[str, List[Any]], types: Mapping[str, str], has_names: bool) -> Features:
    names = list(columns)
    shape = (len(columns[names[0]]) if names else 0, len(names))
    _check_shape(shape)
    read = [[plain_value(value, name) for value in values] for name, values in columns.items()]
    return Features(read, names if has_names else None, {at: types[name] for at, name in enumerate(names) if name in types})


def _of_array(X: Any) -> Features:
    if hasattr(X, "toarray") and hasattr(X, "nnz"):
        raise TypeError("Sparse data was passed, but dense data is required: use X.toarray().")
    if numpy is None:
        return _of_lists(X)
    array = numpy.asarray(X, dtype=object) if isinstance(X, list) else numpy.asarray(X)
    if array.dtype.kind == "c" or (array.dtype.kind == "O" and any(isinstance(value, complex) for value in array.flat)):
        raise ValueError("Complex data not supported: pass real and imaginary parts as two columns.")
    if array.ndim > 2:
        raise ValueError(f"Found array with dim {array.ndim}. Estimator expected <= 2.")
    if array.ndim < 2:
        raise ValueError(
            f"Expected 2D array, got {'scalar' if array.ndim == 0 else '1D'} array instead. Reshape your data either using "
            "array.reshape(-1, 1) if your data has a single feature or array.reshape(1, -1) if it contains a single sample."
        )
    _check_shape(array.shape)
    if array.dtype.kind in "biuf":
        columns = array.T.astype(float).tolist()
        return Features([_without_nan(values) for values in columns], None, dict.fromkeys(range(len(columns)), "number"))
    if array.dtype.kind == "M":
        array = array.astype("datetime64[us]").astype(object)
    return _of_lists(array.tolist())


def _without_nan(values: List[float]) -> List[Optional[float]]:
    return [None if value != value else value for value in values]


def _of_lists(rows: Any) -> Features:
    listed = [list(row) if isinstance(row, Iterable) and not isinstance(row, (str, bytes)) else row for row in rows]
    if listed and not isinstance(listed[0], list):
        raise ValueError("Expected 2D array, got 1D array instead. Reshape your data: one list for each sample.")
    _check_shape((len(listed), len(listed[0]) if listed else 0))
    if len({len(row) for row in listed}) > 1:
        raise ValueError("X has rows of different lengths: each needs one value for each feature.")
    columns = [[plain_value(value, str(at)) for value in values] for at, values in enumerate(zip(*listed))]
    return Features(columns, None, {at: "number" for at, values in enumerate(columns) if _are_numbers(values)})


def _are_numbers(values: Sequence[Any]) -> bool:
    return all(value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)) for value in values)


def _check_shape(shape: Tuple[int, ...]) -> None:
    for length, what in zip(shape, ("sample", "feature")):
        if length == 0:
            raise ValueError(f"Found array with 0 {what}(s) (shape={tuple(shape)}) while a minimum of 1 is required.")


def check_names(fitted: Optional[Sequence[str]], given: Optional[Sequence[str]], estimator: str) -> None:
    """Compares the names of features with those of `fit`, as scikit-learn does: other names are an error, missing ones a warning."""
    if fitted is None and given is not None:
        warnings.warn(f"X has feature names, but {estimator} was fitted without feature names", stacklevel=4)
    elif fitted is not None and given is None:
        warnings.warn(f"X does not have valid feature names, but {estimator} was fitted with feature names", stacklevel=4)
    elif fitted is not None and given is not None and list(fitted) != list(given):
        lines = ["The feature names should match those that were passed during fit."]
        unseen, missing = sorted(set(given) - set(fitted)), sorted(set(fitted) - set(given))
        if unseen:
            lines += ["Feature names unseen at fit time:", *_listed(unseen)]
        if missing:
            lines += ["Feature names seen at fit time, yet now missing:", *_listed(missing)]
        if not unseen and not missing:
            lines.append("Feature names must be in the same order as they were in fit.")
        raise ValueError("\n".join(lines) + "\n")


def _listed(names: Sequence[str]) -> List[str]:
    return [f"- {name}" for name in names[:MAX_NAMED]] + (["- ..."] if len(names) > MAX_NAMED else [])


def read_target(y: Any, n_rows: int, *, several: bool = False) -> List[Any]:
    """
    Reads one value for each row, or, of several columns where `several` are taken, a list of values for each. Raises ValueError where there is
    none, or not one for each; warns of a single column.
    """
    if y is None:
        raise ValueError("requires y to be passed, but the target y is None")
    if hasattr(y, "toarray"):
        raise ValueError("y is sparse: pass y.toarray().ravel()")
    if is_frame(y):
        y = list(zip(*columns_of(y)[0].values()))
    values = list(y.tolist() if hasattr(y, "tolist") else numpy.asarray(y).tolist() if hasattr(y, "__array__") else y)
    if values and isinstance(values[0], (list, tuple)):
        width = len(values[0])
        if not several and any(len(value) != 1 for value in values):
            cure = "train a classifier for each column, as sklearn.multioutput.MultiOutputClassifier does"
            raise ValueError(f"bad input shape: y should be a 1d array, one target for each sample: {cure}")
        if any(not isinstance(value, (list, tuple)) or len(value) != width for value in values) or width == 0:
            raise ValueError("bad input shape: y should have as many targets for each sample, one at the least")
        if width == 1:
            warnings.warn("A column-vector y was passed when a 1d array was expected.", conversion_warning(), stacklevel=3)
            values = [value[0] for value in values]
    if len(values) != n_rows:
        raise ValueError(f"Found input variables with inconsistent numbers of samples: {[n_rows, len(values)]}")
    for value in (cell for row in values for cell in (row if isinstance(row, (list, tuple)) else (row,))):
        if is_missing(value):
            raise ValueError("Input y contains NaN: leave out the samples without a target.")
        if isinstance(value, complex):
            raise ValueError("Complex data not supported: y is complex.")
        if isinstance(value, float) and math.isinf(value):
            raise ValueError("Input y contains infinity.")
    return values


def read_weights(sample_weight: Any, n_rows: int) -> List[float]:
    """Reads one weight for each row; 1 for each where there are none. Raises ValueError where there is not one for each."""
    if sample_weight is None:
        return [1.0] * n_rows
    if hasattr(sample_weight, "__array__") and not hasattr(sample_weight, "tolist"):
        sample_weight = numpy.asarray(sample_weight)
    weights = sample_weight.tolist() if hasattr(sample_weight, "tolist") else list(sample_weight)
    if not isinstance(weights, list) or any(isinstance(weight, (list, tuple)) for weight in weights):
        raise ValueError("Sample weights must be 1D array or scalar")
    if len(weights) != n_rows:
        raise ValueError(f"Found input variables with inconsistent numbers of samples: {[n_rows, len(weights)]}")
    return [float(weight) for weight in weights]


def fit_weights(sample_weight: Any, n_rows: int) -> List[float]:
    """Reads the weights of rows to train on; a number stands for all rows. Raises ValueError for one that is no weight, and where all are 0."""
    is_scalar = isinstance(sample_weight, (int, float)) or (hasattr(sample_weight, "ndim") and sample_weight.ndim == 0)
    weights = [float(sample_weight)] * n_rows if is_scalar else read_weights(sample_weight, n_rows)
    for weight in weights:
        if math.isnan(weight) or math.isinf(weight):
            raise ValueError("Input sample_weight contains NaN or infinity.")
        if weight < 0:
            raise ValueError("Negative values in data passed to `sample_weight`")
    if not any(weights):
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return weights


def without_weight(
    features: Features, targets: List[List[Any]], weights: List[float]
) -> Tuple[Features, List[List[Any]], List[float]]:
    """Leaves out the rows of weight 0, which train nothing."""
    kept = [at for at, weight in enumerate(weights) if weight > 0]
    columns = [[values[at] for at in kept] for values in features.columns]
    told = [[values[at] for at in kept] for values in targets]
    return features._replace(columns=columns), told, [weights[at] for at in kept]


def numbers_of(values: Sequence[Any]) -> List[float]:
    """Returns targets of a regression. Raises ValueError for one that is no number."""
    try:
        return [float(value) for value in values]
    except TypeError as error:
        raise ValueError(f"y must be numbers for a regression: {error}") from None


def columns_of_target(values: Sequence[Any]) -> List[List[float]]:
    """Returns the targets of a regression as columns of numbers. Raises ValueError for what is no number."""
    rows = [value if isinstance(value, (list, tuple)) else [value] for value in values]
    return [numbers_of(column) for column in zip(*rows)]


def classes_of(values: Sequence[Any]) -> Tuple[List[Any], List[int]]:
    """Returns the classes, in order, and the class of each value by its position among them. Raises ValueError for fewer than two."""
    if any(isinstance(value, float) and not value.is_integer() for value in values):
        raise ValueError("Unknown label type: continuous. A classifier needs classes; for numbers, use TrainyardRegressor.")
    try:
        classes = sorted(set(values))
    except TypeError:
        kinds = ", ".join(sorted({type(value).__name__ for value in values}))
        raise ValueError(f"Mix of label input types ({kinds}): y needs labels of one type; [str(label) for label in y] are.") from None
    if len(classes) < 2:
        raise ValueError(f"a classifier needs at least 2 classes, but y contains only one class: {classes[0]!r}")
    position = {value: at for at, value in enumerate(classes)}
    return classes, [position[value] for value in values]


def as_array(values: Sequence[Any], dtype: Any = None) -> Any:
    """Returns values as numpy's array; as a list where numpy is not installed."""
    return list(values) if numpy is None else numpy.array(values, dtype=dtype)

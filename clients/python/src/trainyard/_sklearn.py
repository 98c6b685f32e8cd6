"""What estimators need of scikit-learn where it is loaded: its exceptions, warnings and tags. Never imports it for somebody who has not."""

from __future__ import annotations

import sys
from typing import Any, Dict, Type


class NotFittedError(ValueError, AttributeError):
    """The estimator was asked for something before `fit`, where scikit-learn is not loaded."""


def not_fitted_error() -> Type[Exception]:
    """The exception that scikit-learn expects of an estimator that is not fitted."""
    found: Type[Exception] = _of_sklearn("NotFittedError", NotFittedError)
    return found


def conversion_warning() -> Type[Warning]:
    """The warning for a column of targets where a list was expected."""
    found: Type[Warning] = _of_sklearn("DataConversionWarning", UserWarning)
    return found


def _of_sklearn(name: str, otherwise: Any) -> Any:
    if "sklearn" not in sys.modules:
        return otherwise
    import sklearn.exceptions  # type: ignore[import-untyped]

    return getattr(sklearn.exceptions, name)


EXPECTED_FAILED_CHECKS = dict.fromkeys(
    (
        "check_sample_weights_invariance",
        "check_sample_weight_equivalence",
        "check_sample_weight_equivalence_on_dense_data",
    ),
    "rows in another order are summed in another order, so that answers are equal to the rounding of float32 and no further",
)
"""Checks of scikit-learn that no training in float32 by batches can pass, by their names in its versions, and why."""


def more_tags(several_targets: bool) -> Dict[str, Any]:
    """The tags of scikit-learn before 1.6: missing values and labels may be among the features."""
    return {
        "allow_nan": True,
        "X_types": ["2darray", "string"],
        "requires_y": True,
        "multioutput": several_targets,
        "_xfail_checks": EXPECTED_FAILED_CHECKS,
    }


def sklearn_tags(estimator_type: str, several_targets: bool) -> Any:
    """The tags of scikit-learn 1.6 and newer. `estimator_type` is classifier or regressor."""
    from sklearn.utils import (  # type: ignore[import-untyped]
        ClassifierTags,
        InputTags,
        RegressorTags,
        Tags,
        TargetTags,
    )

    is_classifier = estimator_type == "classifier"
    return Tags(
        estimator_type=estimator_type,
        target_tags=TargetTags(required=True, multi_output=several_targets),
        classifier_tags=ClassifierTags() if is_classifier else None,
        regressor_tags=None if is_classifier else RegressorTags(),
        input_tags=InputTags(allow_nan=True, string=True),
    )

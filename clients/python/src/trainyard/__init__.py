"""
Trainyard from Python: a client of its HTTP API, and estimators for scikit-learn. Needs Python 3.9 and nothing else.

    from trainyard import Client, TrainyardClassifier
"""

from ._version import __version__
from .client import Client
from .errors import (
    AccessError,
    ApiError,
    FieldError,
    InvalidRequestError,
    NotFoundError,
    NotSucceededError,
    TrainyardError,
    UnreachableError,
)
from .estimators import TrainyardClassifier, TrainyardRegressor

__all__ = [
    "AccessError",
    "ApiError",
    "Client",
    "FieldError",
    "InvalidRequestError",
    "NotFoundError",
    "NotSucceededError",
    "TrainyardClassifier",
    "TrainyardError",
    "TrainyardRegressor",
    "UnreachableError",
    "__version__",
]

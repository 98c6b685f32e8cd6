"""Parameters of an estimator as scikit-learn reads and sets them: the arguments of `__init__`, kept under their names."""

from __future__ import annotations

import inspect
from typing import Any, Dict, TypeVar

Self = TypeVar("Self", bound="Parameters")


class Parameters:
    """`get_params`, `set_params` and a short representation."""

    @classmethod
    def _defaults(cls) -> Dict[str, Any]:
        return {name: p.default for name, p in inspect.signature(cls.__init__).parameters.items() if name != "self"}

    def get_params(self, deep: bool = True) -> Dict[str, Any]:
        """Returns every parameter by name. None of them is an estimator, so `deep` changes nothing."""
        return {name: getattr(self, name) for name in sorted(self._defaults())}

    def set_params(self: Self, **params: Any) -> Self:
        """Sets parameters by name and returns the estimator. Raises ValueError for an unknown name."""
        known = self._defaults()
        for name, value in params.items():
            if name not in known:
                raise ValueError(f"Invalid parameter {name!r} for estimator {self}. Valid parameters are: {sorted(known)!r}.")
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        defaults = self._defaults()
        given = {name: value for name, value in self.get_params().items() if repr(value) != repr(defaults[name])}
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in given.items())})"

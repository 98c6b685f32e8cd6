"""The estimators in scikit-learn's hands. Skipped where it is not installed."""

import copy
import inspect
import pickle
import unittest
import warnings

from live import LiveTest
from trainyard import Client, TrainyardClassifier, TrainyardRegressor

try:
    import numpy
    from joblib import parallel_backend
    from sklearn.base import clone, is_classifier, is_regressor
    from sklearn.datasets import load_diabetes, load_iris
    from sklearn.exceptions import NotFittedError
    from sklearn.inspection import permutation_importance
    from sklearn.model_selection import GridSearchCV, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.utils.estimator_checks import check_estimator
except ImportError as error:
    raise unittest.SkipTest(f"scikit-learn is not installed: {error}") from None

try:
    import pandas
except ImportError:
    pandas = None

QUICK = {"epochs": 30, "hidden_layer_sizes": (16,), "name": "py-sklearn"}


def failed_checks(estimator):
    """The checks of scikit-learn that an estimator does not pass, with their reasons."""
    # Before 1.6, it gives the checks and does not report on them.
    if "on_fail" not in inspect.signature(check_estimator).parameters:
        failed = []
        for cloned, check in check_estimator(estimator, generate_only=True):
            try:
                check(cloned)
            except unittest.SkipTest:
                pass
            except Exception as error:
                failed.append((check, error))
        return failed
    return [
        (result["check_name"], result["exception"])
        for result in check_estimator(estimator, on_fail=None, on_skip=None)
        if result["status"] not in ("passed", "skipped")
    ]


class Checks(LiveTest):
    def test_of_scikit_learn_pass(self):
        for kind in (TrainyardClassifier, TrainyardRegressor):
            with self.subTest(kind.__name__), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.assertEqual(failed_checks(kind(**QUICK)), [])

    def test_of_types_and_exceptions_find_what_they_look_for(self):
        self.assertTrue(is_classifier(TrainyardClassifier()) and is_regressor(TrainyardRegressor()))
        with self.assertRaises(NotFittedError):
            TrainyardClassifier().predict([[1]])
        self.assertEqual(repr(clone(TrainyardClassifier(epochs=3))), "TrainyardClassifier(epochs=3)")


class Searches(LiveTest):
    def test_over_a_grid_find_the_better_rate(self):
        X, y = load_iris(return_X_y=True)
        grid = GridSearchCV(TrainyardClassifier(**QUICK), {"learning_rate": [1e-6, 0.02]}, cv=3).fit(X, y)
        self.assertEqual(grid.best_params_, {"learning_rate": 0.02})
        self.assertGreater(grid.best_score_, 0.9)

    def test_over_folds_behind_a_pipeline_score_each(self):
        X, y = load_diabetes(return_X_y=True)
        scores = cross_val_score(make_pipeline(StandardScaler(), TrainyardRegressor(**QUICK)), X, y, cv=3)
        self.assertEqual(len(scores), 3)
        self.assertGreater(scores.mean(), 0.3)

    def test_in_threads_share_a_server(self):
        X, y = load_iris(return_X_y=True)
        # One client for all, as threads can have it: processes would each have their own.
        model = TrainyardClassifier(**QUICK, client=Client())
        alone = cross_val_score(model, X, y, cv=3)
        with parallel_backend("threading"):
            together = cross_val_score(model, X, y, cv=3, n_jobs=2)
        self.assertEqual(list(alone), list(together))


class Models(LiveTest):
    def test_say_which_columns_matter(self):
        X = numpy.random.RandomState(0).uniform(size=(120, 3))
        model = TrainyardRegressor(**QUICK).fit(X, 5 * X[:, 1])
        importance = permutation_importance(model, X, 5 * X[:, 1], n_repeats=3, random_state=0)
        self.assertEqual(importance.importances_mean.argmax(), 1)

    def test_are_copied_and_pickled_with_their_answers(self):
        X, y = load_iris(return_X_y=True)
        model = TrainyardClassifier(**QUICK).fit(X, y)
        for copied in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            numpy.testing.assert_array_equal(copied.predict_proba(X), model.predict_proba(X))
        numpy.testing.assert_array_equal(clone(model).fit(X, y).predict_proba(X), model.predict_proba(X))

    @unittest.skipIf(pandas is None, "pandas is not installed")
    def test_take_frames_of_any_columns(self):
        size = numpy.arange(60) % 12
        frame = pandas.DataFrame(
            {
                "size": numpy.where(size == 5, numpy.nan, size),
                "kind": pandas.Categorical(["a", "b"] * 30),
                "sold": pandas.date_range("2024-01-01", periods=60),
                "paid": [True, False, None] * 20,
            }
        )
        price = pandas.Series(size * 2.0 + 30 * (numpy.arange(60) % 2))
        model = TrainyardRegressor(epochs=100, name="py-frames").fit(frame, price)
        self.assertGreater(model.score(frame, price), 0.9)
        self.assertEqual(list(model.feature_names_in_), list(frame.columns))
        with self.assertRaisesRegex(ValueError, "unseen at fit time:\n- other"):
            model.predict(frame.rename(columns={"paid": "other"}))


if __name__ == "__main__":
    unittest.main()

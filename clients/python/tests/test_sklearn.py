"""The estimators in scikit-learn's hands. Skipped where it is not installed."""

import copy
import inspect
import pickle
import unittest
import warnings
from datetime import date, datetime

from live import LiveTest
from trainyard import Client, TrainyardClassifier, TrainyardRegressor
from trainyard._sklearn import EXPECTED_FAILED_CHECKS
from trainyard.tables import to_upload

try:
    import numpy
    from joblib import parallel_backend
    from sklearn.base import clone, is_classifier, is_regressor
    from sklearn.datasets import load_diabetes, load_iris
    from sklearn.exceptions import NotFittedError
    from sklearn.inspection import permutation_importance
    from sklearn.metrics import r2_score
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

try:
    import polars
except ImportError:
    polars = None

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
        for result in check_estimator(estimator, on_fail=None, on_skip=None, expected_failed_checks=EXPECTED_FAILED_CHECKS)
        if result["status"] not in ("passed", "skipped", "xfail")
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


class Weights(LiveTest):
    X = [[float(at % 7), float(at % 5)] for at in range(40)]
    y = [at % 3 == 0 for at in range(40)]

    def proba(self, X, y, sample_weight=None):
        return TrainyardClassifier(**QUICK).fit(X, y, sample_weight).predict_proba(self.X)

    def test_that_are_equal_change_no_bit(self):
        alone = self.proba(self.X, self.y)
        for weights in (numpy.ones(40), 1.0, [1] * 40):
            self.assertEqual(self.proba(self.X, self.y, weights).tolist(), alone.tolist())

    def test_of_zero_leave_rows_out(self):
        weights = numpy.arange(40) < 30
        kept = self.proba(self.X[:30], self.y[:30])
        self.assertEqual(self.proba(self.X, self.y, weights).tolist(), kept.tolist())
        order = list(range(39, -1, -1))
        turned = self.proba([self.X[at] for at in order], [self.y[at] for at in order], [weights[at] for at in order])
        numpy.testing.assert_allclose(turned, kept, atol=1e-5)

    def test_of_zero_leave_a_class_among_the_classes(self):
        y = ["a", "b", "c"] * 13 + ["a"]
        model = TrainyardClassifier(**QUICK).fit(self.X, y, [0.0 if label == "b" else 1.0 for label in y])
        self.assertEqual(list(model.classes_), ["a", "b", "c"])
        probabilities = model.predict_proba(self.X)
        self.assertEqual(probabilities.shape, (40, 3))
        self.assertTrue((probabilities[:, 1] == 0).all())
        self.assertNotIn("b", model.predict(self.X))

    def test_say_how_much_a_row_counts(self):
        # The mean of both answers, by their weights: 0 counts three times as much as 4.
        X, y, weights = [[1.0]] * 20, [0.0, 4.0] * 10, [3.0, 1.0] * 10
        spec = {"model": {"layers": ["linear"]}, "optimizer": {"type": "sgd", "lr": 0.1}, "batch_size": None, "epochs": 300}
        fitted = TrainyardRegressor(spec=spec, name="py-weights").fit(X, y, sample_weight=weights)
        self.assertAlmostEqual(float(fitted.predict([[1.0]])[0]), 1.0, places=3)

    def test_reach_an_estimator_at_the_end_of_a_pipeline(self):
        behind = make_pipeline(StandardScaler(), TrainyardClassifier(**QUICK))
        behind.fit(numpy.array(self.X), self.y, trainyardclassifier__sample_weight=numpy.ones(40))
        self.assertEqual(len(behind.predict(self.X)), 40)


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


class Frames(unittest.TestCase):
    @unittest.skipIf(polars is None, "polars is not installed")
    def test_frames_of_polars_are_read(self):
        frame = polars.DataFrame({"a": [1.5, None], "on": [date(2024, 2, 29)] * 2, "at": [datetime(2024, 2, 29, 1)] * 2, "b": [True, None]})
        upload = to_upload(frame)
        self.assertEqual(upload.body, b"a,on,at,b\n1.5,2024-02-29,2024-02-29T01:00:00,true\n,2024-02-29,2024-02-29T01:00:00,\n")
        self.assertEqual(upload.types, {"a": "number", "at": "datetime", "b": "boolean"})


class Models(LiveTest):
    def test_say_which_columns_matter(self):
        X = numpy.random.RandomState(0).uniform(size=(120, 3))
        model = TrainyardRegressor(**QUICK).fit(X, 5 * X[:, 1])
        importance = permutation_importance(model, X, 5 * X[:, 1], n_repeats=3, random_state=0)
        self.assertEqual(importance.importances_mean.argmax(), 1)

    def test_of_several_targets_answer_a_column_for_each(self):
        X = numpy.random.RandomState(1).uniform(size=(150, 3))
        y = numpy.column_stack([5 * X[:, 1], X[:, 0] - X[:, 2]])
        model = TrainyardRegressor(epochs=100, name="py-several").fit(X, y)
        self.assertEqual(model.predict(X).shape, (150, 2))
        self.assertAlmostEqual(model.score(X, y), r2_score(y, model.predict(X)), places=9)
        self.assertGreater(model.score(X, y), 0.9)
        with self.assertRaisesRegex(ValueError, "y has 1 targets for each sample, and the model 2"):
            model.score(X, y[:, 0])

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

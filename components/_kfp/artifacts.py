"""The artifacts that stages exchange.

The classes keep KFP's schema titles, because not every backend may accept others. So compiled specs tell a
``Schema`` from ``Findings`` only by the names in a component's signature.
"""

from kfp.dsl import Artifact, Dataset
from kfp.dsl import Model as KfpModel


class Problem(Artifact):
    """The specification of a problem.

    ::

        problem         JSON of components._problem.spec.Problem
    """


class Table(Dataset):
    """Typed rows.

    ::

        table/
          part-00000.parquet ...

    Metadata: rows, columns, bytes, sha256, source, seed.
    """


class Reading(Artifact):
    """How the cells of a source were read, with the notices about it.

    ::

        reading         JSON of components._table.table_reading.TableReading
    """


class Schema(Artifact):
    """The kind, values and reading of each column of the whole table.

    ::

        schema          JSON of components._table.schema.Schema
    """


class Findings(Artifact):
    """What eda found about the columns.

    ::

        findings        JSON of components._table.findings.Findings
    """


class Verdict(Artifact):
    """Whether the run may go on, and the numbers behind it.

    ::

        verdict         JSON of components._problem.verdict.Verdict
    """


class Recipe(Artifact):
    """The fitted transformation of raw rows, to which each stage adds one step.

    ::

        recipe/
          recipe.skops  scikit-learn Pipeline of components._recipe.recipe.Step
          recipe.json   the steps in words
          blocks.json   engineer only: which blocks of derived features were kept, in words, and
                        the event time and the texts that features are made of
    """


class Folds(Artifact):
    """The prepared rows and folds of a sweep.

    ::

        folds/
          folds.json    the problem, and the number of folds
          y.npy         encoded target, shape (n_rows,)
          weights.npy   weights of the rows, shape (n_rows,); only if the problem names them
          fold-0/       X_fit.npy, X_score.npy (float32), y_fit.npy, score_rows.npy (row numbers)
          ...
    """


class Trials(Artifact):
    """The trials that one worker knows, or those of the whole sweep.

    ::

        trials/
          trials.json   parameters, score per fold, seconds, failure
          out-of-fold-<number>.npy   out-of-fold predictions of the best trials
    """


class Model(KfpModel):
    """A model and all that is needed to serve and evaluate it.

    ::

        model/
          model.skops     scikit-learn Pipeline: the recipe's steps and the estimator
          compiled/       the compiled model, which predicts faster; only if its predictions agree
          signature.json  input columns, classes, positive label, decision threshold
          intervals.json  how far the target may be from a prediction; only of a regression
          problem.json    the resolved problem
          schema.json     the columns of the source, and what was expected of them
          profile.json    reference profile of the training rows, for drift
          reference.parquet  up to 20,000 training rows with out-of-fold predictions, for monitoring
          golden.json     rows with their predictions, which the server checks before it starts
          lineage.json    data hash, commit, seed, versions, parameters
          mlflow.json     the run and the logged model, if train used MLflow
    """


class Registration(Artifact):
    """A model's version in the registry, and how it compares with the champion.

    ::

        registration/
          registration.json  model, version, package (address of the model folder), champion, tags; without
                             a registry no version and no package
          held_out.json      test rows with their predictions, with which deploy checks a server
    """


class MonitoringRecord(Artifact):
    """How a model in use compares with its training, and what was decided.

    ::

        record          JSON of components.monitor.record.MonitoringReport
    """


class Predictions(Dataset):
    """A prediction for each row of a table, or of a share of it.

    ::

        predictions/
          part-00000.parquet ...            for the whole table, in its order
          rows-000000000000.parquet ...     for a share: batches, by the number of their first row

    Columns: row (its number, from 0), the identifiers, prediction, probability (of the positive class if
    there are two classes, else of the predicted class), probability_<class> if there are more than two, and
    model_version. A regression has prediction_low and prediction_high instead of probabilities.

    Metadata: rows, columns, bytes, sha256, output; for a share rows, predicted, already_there (batches),
    engine.
    """

"""The artifacts that join the stages: one noun each.

The classes keep KFP's own schema titles, because other titles are not sure to work on every backend; so
only the names in a component's signature tell a ``Schema`` from ``Findings``.
"""

from kfp.dsl import Artifact, Dataset
from kfp.dsl import Model as KfpModel


class Problem(Artifact):
    """The business question as a validated specification.

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
    """How the cells of a source were read, and what a person should know of it.

    ::

        reading         JSON of components._table.table_reading.TableReading
    """


class Schema(Artifact):
    """What each column of the whole table is.

    ::

        schema          JSON of components._table.schema.Schema
    """


class Findings(Artifact):
    """What the exploration suggests to the stages after it.

    ::

        findings        JSON of components._table.findings.Findings
    """


class Verdict(Artifact):
    """Whether the run may go on, and the record it was decided on.

    ::

        verdict         JSON of components._problem.verdict.Verdict
    """


class Recipe(Artifact):
    """The fitted transformation of raw rows, grown by one step per stage.

    ::

        recipe/
          recipe.skops  scikit-learn Pipeline of components._model.recipe.Step
          recipe.json   the steps in words
    """


class Folds(Artifact):
    """What a sweep needs to fit and score, prepared once.

    ::

        folds/
          folds.json    the problem, and the number of folds
          y.npy         encoded target, shape (n_rows,)
          fold-0/       X_fit.npy, X_score.npy (float32), y_fit.npy, score_rows.npy (row numbers)
          ...
    """


class Trials(Artifact):
    """The finished trials of one worker.

    ::

        trials/
          trials.json   parameters, score per fold, seconds
          out-of-fold-<number>.npy   out-of-fold predictions of the best trials
    """


class Model(KfpModel):
    """A model and all that is needed to serve and to judge it.

    ::

        model/
          model.skops     scikit-learn Pipeline: the recipe's steps and the estimator
          compiled/       the same in plain parts that predict faster, where parity is proved
          signature.json  input columns, classes, positive label, decision threshold
          schema.json     the columns as they came in
          profile.json    reference profile of the training rows, for drift
          golden.json     rows with their predictions, to replay after a rollout
          lineage.json    data hash, commit, seed, versions, parameters
          mlflow.json     the run and the logged model, where train had MLflow
    """


class Registration(Artifact):
    """A model's version in the registry, and how it compares with the champion.

    ::

        registration/
          registration.json  model, version, package (where its folder is), champion, tags; without a
                             registry there is no version and no package
          held_out.json      rows that no training saw, with their predictions, to prove a server by
    """


class Predictions(Dataset):
    """A prediction for each row of a table, or of a share of it.

    ::

        predictions/
          part-00000.parquet ...            of the whole table, in its order
          rows-000000000000.parquet ...     of a share: batches, by the number of their first row

    Columns: row (its number, from 0), the identifiers, prediction, probability (of the positive class of two,
    else of the predicted one), probability_<class> of more than two classes, model_version. A regression
    has no probabilities.

    Metadata: rows, columns, bytes, sha256, output; of a share rows, predicted, already_there (batches).
    """

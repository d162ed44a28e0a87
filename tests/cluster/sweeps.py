"""What the database of the sweeps knows."""

from tests.cluster.kubectl import Kubectl


def query(kubectl: Kubectl, command: str) -> list[list[str]]:
    """Return the rows of an SQL command, as texts."""
    words = ["exec", "statefulset/postgres", "--namespace", "kfp-tabular", "--"]
    words += ["psql", "--username", "postgres", "--dbname", "sweeps", "--tuples-only", "--no-align"]
    return [line.split("|") for line in kubectl.run(*words, "--command", command).splitlines() if line]


def count_trials(kubectl: Kubectl, study: str) -> list[int]:
    """Return how many trials of a study, and how many of its ledger, have ended by themselves."""
    command = (
        "SELECT count(*) FROM trials JOIN studies USING (study_id) WHERE study_name = '{}' "
        "AND state IN ('COMPLETE', 'PRUNED')"
    )
    return [int(query(kubectl, command.format(name))[0][0]) for name in (study, f"{study}-ledger")]

from datetime import UTC, datetime

from components._tracking.registry_version import EVALUATION, RegistryVersion


def test_the_tag_with_all_metrics_is_too_long_for_the_facts() -> None:
    tags = {"family": "lightgbm", EVALUATION: "{}"}
    version = RegistryVersion("churn", "1", (), tags, None, "", datetime.now(UTC))
    assert version.facts == {"family": "lightgbm"}

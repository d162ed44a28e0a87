import yaml

from pipelines.catalogue import ROOT
from pipelines.observability.files import COMMAND, build_files, write_files


def test_the_files_of_the_manifests_are_what_the_code_writes() -> None:
    for path, text in build_files().items():
        assert path.read_text(encoding="utf-8") == text, f"{COMMAND} writes {path.relative_to(ROOT)}"


def test_writing_them_again_changes_nothing() -> None:
    before = {path: path.read_bytes() for path in build_files()}
    write_files()
    assert {path: path.read_bytes() for path in build_files()} == before


def test_the_rules_are_whole_in_the_operators_object() -> None:
    (text,) = (text for path, text in build_files().items() if path.suffix == ".yaml")
    rules = yaml.safe_load(text)
    assert (rules["apiVersion"], rules["kind"]) == ("monitoring.coreos.com/v1", "PrometheusRule")
    assert {len(each) for group in rules["spec"]["groups"] for each in group["rules"] if "alert" in each} <= {
        4,
        5,
    }

from pathlib import Path

import pytest
import yaml

from components.errors import InvalidSetting
from pipelines.remote.spec import Spec
from tests.pipelines.remote.cluster import make_document, make_spec, write_compiled


def test_a_compiled_pipeline_is_read(tmp_path: Path):
    found = Spec.read("training", write_compiled(tmp_path))
    assert found == make_spec()
    assert found.name == "training"
    assert found.images == ["localhost:1/team/kfp-tabular-ingest:1"]
    # The group is Kubeflow's, and does no work itself.
    assert found.titles == {"ingest": "Ingest the table", "validate-gate": "Gate: data"}


def test_the_version_is_that_of_the_content_and_not_of_the_file(tmp_path: Path):
    write_compiled(tmp_path)
    path = tmp_path / "pipelines" / "training.yaml"
    before = Spec.read("training", tmp_path).version
    path.write_text("# other words\n" + path.read_text().replace("# a comment", ""))
    assert Spec.read("training", tmp_path).version == before
    path.write_text(path.read_text().replace("2.1.0", "2.1.1"))
    assert Spec.read("training", tmp_path).version != before


def test_another_image_or_another_platform_is_another_version():
    versions = {
        make_spec().version,
        make_spec("localhost:1/team/kfp-tabular-ingest:2").version,
        Spec((make_document(),)).version,
        make_spec().disable_cache().version,
    }
    assert len(versions) == 4
    # Kubernetes' own names of things, in which a backend may keep versions.
    assert all(version.startswith("training-") and version == version.lower() for version in versions)


def test_without_a_cache_no_task_takes_an_old_result_not_even_in_a_group():
    changed = make_spec().disable_cache()
    text = yaml.safe_dump_all(changed.documents)
    assert "enableCache" not in text
    assert "enableCache" in yaml.safe_dump_all(make_spec().documents)


def test_what_is_written_is_what_was_read(tmp_path: Path):
    make_spec().write(tmp_path / "spec.yaml")
    assert tuple(yaml.safe_load_all((tmp_path / "spec.yaml").read_text())) == make_spec().documents


def test_an_unknown_pipeline_is_refused(tmp_path: Path):
    with pytest.raises(InvalidSetting, match=r"'trainin' is not known.\nDid you mean 'training'"):
        Spec.read("trainin", tmp_path)


def test_what_is_not_compiled_is_not_compiled_on_the_way(tmp_path: Path):
    with pytest.raises(InvalidSetting, match=r"training.yaml cannot be read.*\nCompile it, .*make compile"):
        Spec.read("training", tmp_path)


@pytest.mark.parametrize("text", ["", "a: 1", "[1]", "a: [", "\x00", "pipelineInfo: {}\n---\n- 1"])
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str):
    write_compiled(tmp_path)
    (tmp_path / "pipelines" / "training.yaml").write_text(text)
    with pytest.raises(InvalidSetting, match="is not a compiled pipeline"):
        Spec.read("training", tmp_path)


@pytest.mark.slow
def test_the_training_pipeline_is_such_a_spec(dist: Path):
    found = Spec.read("training", dist)
    assert {"source", "target", "trials"} <= found.parameters.keys()
    assert found.titles["tune"] == "Sweep worker"
    assert "ghcr.io/team/kfp-tabular-ingest:1.2.0" in found.images
    assert not {"stages", "sweep", "deployment"} & found.titles.keys()

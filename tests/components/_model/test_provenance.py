from components._model.provenance import build_predicate, list_code

BUILD = "https://example.org/build"


def test_a_service_vouches_for_a_build_and_the_name_of_a_run_does_not() -> None:
    run = "https://ci.example.org/7"
    attested = build_predicate(BUILD, external={"tag": "1"}, dependencies=[], run=run)
    assert attested == {
        "buildDefinition": {
            "buildType": BUILD,
            "externalParameters": {"tag": "1"},
            "resolvedDependencies": [],
        },
        "runDetails": {"builder": {"id": run}, "metadata": {"invocationId": run}},
    }
    named = build_predicate(BUILD, external={}, dependencies=[], run="8d5e")["runDetails"]
    assert named == {
        "builder": {"id": "urn:kfp-tabular:unattested-machine"},
        "metadata": {"invocationId": "8d5e"},
    }


def test_an_unknown_lock_is_left_out() -> None:
    code = {"uri": "git+https://example.org", "digest": {"gitCommit": "a"}}
    assert list_code("https://example.org", "a", None) == [code]
    assert list_code("https://example.org", "a", "b")[1]["digest"] == {"sha256": "b"}

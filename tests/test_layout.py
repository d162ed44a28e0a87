"""Every stage has the same parts; a test that fails here names the one that is missing and how to add it."""

import ast

import pytest

from images.layers import read_setup
from pipelines.catalogue import ROOT

COMPONENTS = ROOT / "components"
FOLDERS = sorted(
    folder.name
    for folder in COMPONENTS.iterdir()
    if folder.is_dir() and not folder.name.startswith("_") and (folder / "__init__.py").exists()
)
# What runs on and answers, rather than being a step of a pipeline.
SERVERS = [name for name in FOLDERS if (COMPONENTS / name / "__main__.py").exists()]
STAGES = [name for name in FOLDERS if name not in SERVERS]
SETUP = read_setup()
MODULES = {
    path.relative_to(ROOT): ast.parse(path.read_text(encoding="utf-8"))
    for room in ("components", "pipelines", "images")
    for path in sorted((ROOT / room).rglob("*.py"))
}


def list_component_functions(stage: str) -> list[ast.FunctionDef]:
    tree = ast.parse((COMPONENTS / stage / "component.py").read_text(encoding="utf-8"))
    return [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(mark, ast.Name) and mark.id == "stage" for mark in node.decorator_list)
    ]


def list_setting(section: str, key: str) -> list[str]:
    return SETUP.get(section, key, fallback="").split()


def test_every_stage_is_part_of_a_pipeline() -> None:
    wiring = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "pipelines").glob("*.py"))
    unused = [stage for stage in STAGES if f"components.{stage}.component" not in wiring]
    assert not unused, f"no pipeline uses {unused}: wire them in, or remove the folders"


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("part", ["__init__.py", "component.py", "run.py"])
def test_a_stage_has_its_parts(stage: str, part: str) -> None:
    assert (COMPONENTS / stage / part).exists(), f"add components/{stage}/{part}, as its neighbours have it"


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("part", ["settings.py", "run.py"])
def test_a_server_has_its_parts(server: str, part: str) -> None:
    assert (COMPONENTS / server / part).exists(), f"add components/{server}/{part}, as its neighbours have it"
    assert not (COMPONENTS / server / "component.py").exists(), f"{server} is a server or a stage, not both"


@pytest.mark.parametrize("stage", FOLDERS)
def test_a_stage_says_what_it_is_in_one_docstring_and_imports_nothing(stage: str) -> None:
    tree = ast.parse((COMPONENTS / stage / "__init__.py").read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), f"say in components/{stage}/__init__.py what the stage does"
    assert len(tree.body) == 1, f"components/{stage}/__init__.py holds its docstring and nothing else"


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_has_a_component_of_its_own_name_and_others_that_begin_with_it(stage: str) -> None:
    names = [function.name for function in list_component_functions(stage)]
    assert stage in names, f"components/{stage}/component.py needs a @stage function called {stage}"
    assert all(name == stage or name.startswith(f"{stage}_") for name in names), names


@pytest.mark.parametrize("stage", STAGES)
def test_a_component_is_one_import_and_what_it_calls(stage: str) -> None:
    for function in list_component_functions(stage):
        body = function.body[1:]
        assert isinstance(body[0], ast.ImportFrom), f"{function.name}: begin with the one import"
        nested = [
            node for node in ast.walk(function) if isinstance(node, ast.If | ast.For | ast.Try | ast.With)
        ]
        assert not nested, f"{function.name}: logic belongs into components/{stage}/run.py"
        imports = [node for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom)]
        assert len(imports) == 1, (
            f"{function.name}: one import, of components.{stage}.run or of a shared noun"
        )


@pytest.mark.parametrize("stage", STAGES)
def test_a_component_describes_itself_and_every_parameter(stage: str) -> None:
    for function in list_component_functions(stage):
        text = ast.get_docstring(function) or ""
        assert text, f"say what {function.name} does"
        for argument in function.args.args:
            assert f"    {argument.arg}: " in text, f"describe {argument.arg} under Args of {function.name}"


@pytest.mark.parametrize("stage", FOLDERS)
def test_a_stage_has_an_extra_with_what_it_needs(stage: str) -> None:
    assert SETUP.has_option("options.extras_require", stage), f"add the extra {stage!r} to setup.cfg"
    assert stage in SETUP.get("options.extras_require", "all"), (
        f"add {stage!r} to the extra 'all' in setup.cfg"
    )


@pytest.mark.parametrize("stage", FOLDERS)
@pytest.mark.parametrize("part", ["Dockerfile", "requirements.txt"])
def test_a_stage_has_an_image(stage: str, part: str) -> None:
    remedy = {
        "Dockerfile": f"add images/{stage}/Dockerfile, as its neighbours have it",
        "requirements.txt": "make lock writes it",
    }
    assert (ROOT / "images" / stage / part).exists(), f"images/{stage}/{part} is missing: {remedy[part]}"


def test_every_image_is_that_of_a_stage() -> None:
    images = {path.parent.name for path in ROOT.glob("images/*/Dockerfile")}
    assert images - {"base"} == set(FOLDERS)


@pytest.mark.parametrize("stage", FOLDERS)
def test_a_stage_is_under_the_import_rules(stage: str) -> None:
    layers = list_setting("importlinter:contract:shared", "layers")
    assert f"components.{stage}" in layers, f"add components.{stage} to the contract 'shared' in setup.cfg"


@pytest.mark.parametrize("stage", FOLDERS)
def test_a_stage_has_tests_of_its_own(stage: str) -> None:
    tests = ROOT / "tests" / "components" / stage
    assert list(tests.glob("test_*.py")), f"add tests/components/{stage}/test_run.py and one file per module"


def test_a_module_says_what_it_is_for() -> None:
    silent = [
        path for path, tree in MODULES.items() if path.name != "__init__.py" and not ast.get_docstring(tree)
    ]
    assert not silent, "\n".join(["begin with a docstring:", *map(str, silent)])


def has_logic(tree: ast.Module) -> bool:
    """Return whether a module has a function that decides, or one of more than five statements.

    A function decides if it has a loop, an if, try or match, a conditional expression, an and or or, or a
    comprehension with a condition. The functions that KFP compiles only call others.
    """
    deciding = (ast.If, ast.For, ast.While, ast.Try, ast.Match, ast.IfExp, ast.BoolOp)
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        marks = {ast.unparse(mark).partition("(")[0] for mark in function.decorator_list}
        nodes = list(ast.walk(function))
        n_statements = (
            sum(isinstance(node, ast.stmt) for node in nodes) - 1 - bool(ast.get_docstring(function))
        )
        decides = any(
            isinstance(node, deciding) or (isinstance(node, ast.comprehension) and node.ifs) for node in nodes
        )
        if not marks & {"stage", "dsl.pipeline"} and (decides or n_statements > 5):
            return True
    return False


def test_a_module_with_logic_has_a_test_file_of_its_name() -> None:
    missing = []
    for module in (module for module, tree in MODULES.items() if has_logic(tree)):
        names = {"__init__": module.parent.name.strip("_"), "__main__": "main"}
        name = names.get(module.stem, module.stem)
        folder = ROOT / "tests" / module.parent
        # Many tests of one module are a folder of its name.
        if not (folder / f"test_{name}.py").exists() and not list((folder / name).glob("test_*.py")):
            missing.append(f"tests/{module.parent}/test_{name}.py")
    assert not missing, "\n".join(["add these files:", *missing])


def test_every_expected_error_is_recognised_by_its_message() -> None:
    unmatched = []
    for file in sorted((ROOT / "tests").rglob("*.py")):
        nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        for call in (node for node in nodes if isinstance(node, ast.Call)):
            if ast.unparse(call.func) == "pytest.raises" and "match" not in {of.arg for of in call.keywords}:
                unmatched.append(f"{file}:{call.lineno}")
    assert not unmatched, "\n".join(["say in match what the message says:", *unmatched])

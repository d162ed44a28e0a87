import shutil
import subprocess
from pathlib import Path

import pytest

from components._app.modules import STATIC, join_modules


def write_modules(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.js").write_text(text)
    return folder


def test_each_module_comes_once_and_after_those_that_it_imports(tmp_path: Path) -> None:
    write_modules(
        tmp_path,
        main='import { double as two } from "./maths.js";\nimport { ONE } from "./numbers.js";\n',
        maths='import { ONE } from "./numbers.js";\nexport function double(x) { return x * (ONE + ONE); }\n',
        numbers="export const ONE = 1;\n",
    )
    script = join_modules("main.js", tmp_path)
    places = [script.index(f'modules["{name}.js"] = ') for name in ("numbers", "maths", "main")]
    assert places == sorted(places)
    assert script.count("const ONE = 1;") == 1
    assert 'const { double: two } = modules["maths.js"];' in script
    assert "return { ONE };" in script


def test_folders_are_resolved(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    write_modules(tmp_path / "one", main='import { a } from "../other/a.js";\n')
    write_modules(
        tmp_path / "other", a='import { b } from "./b.js";\nexport const a = b;\n', b="export const b = 1;\n"
    )
    assert 'const { b } = modules["other/b.js"];' in join_modules("one/main.js", tmp_path)


@pytest.mark.parametrize(
    "text",
    ['import all from "./numbers.js";\n', "export default 1;\n", "const a = 1;\nexport { a };\n"],
)
def test_another_form_of_import_or_export_is_refused(tmp_path: Path, text: str) -> None:
    write_modules(tmp_path, main=text, numbers="")
    with pytest.raises(ValueError, match=r"main.js has a form of import or export that is not known"):
        join_modules("main.js", tmp_path)


def test_a_circle_is_refused(tmp_path: Path) -> None:
    write_modules(tmp_path, a='import { b } from "./b.js";\n', b='import { a } from "./a.js";\n')
    with pytest.raises(ValueError, match=r"in a circle: a\.js > b\.js > a\.js"):
        join_modules("a.js", tmp_path)


def test_the_script_of_the_page_cannot_end_its_element() -> None:
    script = join_modules("exported.js")
    assert "</" not in script
    assert "<!--" not in script


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_script_of_the_page_has_no_mistake_of_syntax(tmp_path: Path) -> None:
    file = tmp_path / "page.mjs"
    file.write_text(join_modules("exported.js"))
    subprocess.run(["node", "--check", str(file)], check=True)


def test_every_module_of_the_evaluator_is_in_the_page() -> None:
    script = join_modules("exported.js")
    files = list((STATIC / "evaluator").glob("*.js"))
    assert files
    assert [file.name for file in files if f'modules["{file.relative_to(STATIC)}"]' not in script] == []

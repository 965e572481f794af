"""Scripts of the page become one that a browser runs without imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from popsim.report.bundle import FOLDER, bundled


def write(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    return folder


def test_each_script_has_its_own_names_and_sees_what_it_imports(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        one='import { a, b as other } from "./two.js";\nimport {\n  c,\n} from "./three.js";\na() + other;\n',
        two="export const b = 2;\nexport function a() {\n  return own;\n}\nconst own = 1;\n",
        three='import { b } from "./two.js";\nexport class C {}\nexport async function c() {\n  return b;\n}\n',
    )
    text = bundled("one", folder=folder)
    assert "import" not in text
    assert "export" not in text
    assert text.count("const own = 1;") == text.count("return { b, a };") == text.count("return { C, c };") == 1
    assert text.index("script_two =") < text.index("script_three =") < text.index("script_one =")
    assert "const { a, b: other } = script_two;" in text
    assert "const { c } = script_three;" in text


@pytest.mark.parametrize(
    "text", ['import x from "./two.js";\n', "export default 1;\n", "export { a };\n", 'import "./two.js";\n']
)
def test_other_forms_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"one\.js: (import|export)"):
        bundled("one", folder=write(tmp_path, one=text, two=""))


def test_scripts_that_import_each_other_are_refused(tmp_path: Path) -> None:
    folder = write(
        tmp_path, one='import { b } from "./two.js";\n', two='import { a } from "./one.js";\nexport const b = 1;\n'
    )
    with pytest.raises(ValueError, match="one > two > one"):
        bundled("one", folder=folder)


def test_every_script_can_be_bundled() -> None:
    names = sorted(path.stem for path in FOLDER.glob("*.js"))
    assert "downloads" in names
    text = bundled(*names)
    assert all(text.count(f"const script_{name} = ") == 1 for name in names)

"""Templates as Python, as they are deployed: the same pages as from the templates themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import jinja2
import pytest

from local.packaging import templates_as_python
from local.page_preview.scenes import Scene, scenes
from shared.domain.words import Language
from shared.pages.rendering import COMPILED, PAGES, TEMPLATES, environment, render

ALL = [scene for language in Language for scene in scenes(language)]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """All pages, from the templates."""
    environment.cache_clear()
    return [render(scene.page, scene.document, scene.view) for scene in ALL]


@pytest.fixture
def compiled(texts: list[str]) -> Iterator[dict[str, ModuleType]]:
    """The modules of the templates, as the zip has them."""
    modules = {COMPILED: ModuleType(COMPILED)}
    modules[COMPILED].__path__ = []
    for name, python in templates_as_python(TEMPLATES):
        made = modules[f"{COMPILED}.{name}"] = ModuleType(f"{COMPILED}.{name}")
        made.__file__ = f"{name}.py"
        exec(compile(python, name, "exec"), vars(made))
    with pytest.MonkeyPatch.context() as patch:
        for name, module in modules.items():
            patch.setitem(sys.modules, name, module)
        environment.cache_clear()
        yield modules
    environment.cache_clear()


def test_every_page_is_the_one_that_its_template_gives(
    compiled: dict[str, ModuleType], texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jinja2.Environment, "_parse", lambda *_: pytest.fail("a template was read"))
    for scene, text in zip(ALL, texts, strict=True):
        assert render(scene.page, scene.document, scene.view) == text, _name(scene)


def test_every_page_has_a_template(compiled: dict[str, ModuleType]) -> None:
    assert {f"{COMPILED}.{page}" for page in PAGES} < set(compiled)


def test_a_value_that_a_document_lacks_is_an_error_where_the_functions_run(
    compiled: dict[str, ModuleType],
) -> None:
    scene = next(scene for scene in ALL if scene.page == "person")
    with pytest.raises(jinja2.UndefinedError, match="has no attribute"):
        render(scene.page, {}, scene.view)


@pytest.mark.parametrize(
    ("template", "error"),
    [("{% if %}", "Expected an expression"), ("{{ some|filtered }}", "No filter named 'filtered'")],
)
def test_a_template_that_is_wrong_is_refused_before_it_is_deployed(
    template: str, error: str, tmp_path: Path
) -> None:
    (tmp_path / "one.html.jinja").write_text(template, encoding="utf-8")
    with pytest.raises(jinja2.TemplateError, match=error):
        list(templates_as_python(tmp_path))


def _name(scene: Scene) -> str:
    return f"{scene.name} in {scene.view.language.value}"

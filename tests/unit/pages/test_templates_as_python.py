"""Templates as Python on our runtime: the same pages as by Jinja2, and what the runtime lacks is refused."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2
import pytest
from markupsafe import Markup

from local.page_preview.scenes import Scene, scenes
from shared.domain.words import Language
from shared.pages.compiling import all_compiled, compiled_module, library_environment
from shared.pages.rendering import PAGES, environment, helpers, render
from shared.pages.runtime import FILTERS, Environment, Template, UndefinedError

ALL = [scene for language in Language for scene in scenes(language)]


@cache
def by_jinja2() -> jinja2.Environment:
    """Jinja2's own environment, with its own filters beside ours."""
    ours = environment()
    filters = {name: own for name, own in ours.filters.items() if name not in FILTERS}
    return library_environment(filters, **ours.globals)


def of(folder: Path, template: str, **variables: object) -> tuple[str, str]:
    """What a template gives: on our runtime, and by Jinja2."""
    (folder / "one.html.jinja").write_text(template, encoding="utf-8")
    ours = Environment({})
    made = Template(ours, compiled_module("one", ours, folder)).render(**variables)
    library = library_environment({}, folder).get_template("one.html.jinja")
    return made, library.render(**variables)


@pytest.mark.parametrize("scene", ALL, ids=lambda scene: f"{scene.name}-{scene.view.language.value}")
def test_every_page_is_the_one_that_jinja2_makes(scene: Scene) -> None:
    template = by_jinja2().get_template(f"{scene.page}.html.jinja")
    expected = template.render(document=scene.document, view=scene.view, **helpers(scene.view))
    assert render(scene.page, scene.document, scene.view) == expected


def test_every_page_has_a_template() -> None:
    assert set(PAGES) < set(all_compiled(environment()))


@pytest.mark.parametrize(
    "template",
    [
        "{{ text }}{{ '<b>' ~ text }}{{ markup }}{{ markup ~ text }}",
        "{% for one in some %}{{ loop.index }}/{{ loop.length }} {{ loop.index0 }}{{ loop.first }}"
        "{{ loop.last }}{{ one }}{% else %}none{% endfor %}",
        "{% for one in [] %}x{% else %}none{% endfor %}",
        "{% macro m(a, b='<') %}{{ a }}{{ b }}{{ c is defined }}{% endmacro %}{{ m(text) }}"
        "{{ m(b='y', a='x') }}",
        "{% macro m(a) %}{{ a is defined }}{% endmacro %}{{ m() }}",
        "{% set x %}<i>{{ text }}</i>{% endset %}{{ x }}{{ x|length }}",
        "{{ absent is defined }}{{ absent|default('d') }}{{ none|default('d') }}"
        "{{ 'yes' if some }}{{ 'x' if none }}",
        "{{ 2.5|round }}{{ 1.4|round|int }}{{ none is none }}{{ some is not none }}{{ some|length }}",
        "{{ deep.one }}{{ deep['one'] }}{{ deep.keys is defined }}{{ deep['values'] is defined }}"
        "{{ deep.x is defined }}",
    ],
)
def test_a_construct_gives_what_jinja2_gives(template: str, tmp_path: Path) -> None:
    ours, library = of(tmp_path, template, text="<&>", markup=Markup("<b>"), some=["a", "<"], deep={"one": 1})
    assert ours == library


@pytest.mark.parametrize(
    "template",
    [
        "{{ absent }}",
        "{{ absent.x }}",
        "{{ absent() }}",
        "{{ absent['x'] }}",
        "{% if absent %}{% endif %}",
        "{% for one in absent %}{% endfor %}",
        "{{ absent == 1 }}",
        "{{ absent != 1 }}",
        "{{ 1 in absent }}",
        "{{ absent|length }}",
        "{{ {}.x }}",
        "{{ 'a' ~ absent }}",
    ],
)
def test_a_value_that_is_not_there_is_an_error_with_its_name(template: str, tmp_path: Path) -> None:
    with pytest.raises(UndefinedError, match=r"'(absent|x)'.* is undefined"):
        of(tmp_path, template)


@pytest.mark.parametrize(
    ("template", "error"),
    [
        ("{{ some|tojson }}", "No filter named 'tojson'"),
        ("{{ some is mapping }}", "No test named 'mapping'"),
        ("{% if %}", "Expected an expression"),
    ],
)
def test_a_template_that_is_wrong_is_refused_before_it_is_deployed(
    template: str, error: str, tmp_path: Path
) -> None:
    with pytest.raises(jinja2.TemplateError, match=error):
        of(tmp_path, template)


@pytest.mark.parametrize(
    ("template", "needed"),
    [
        ("{% block b %}{{ super() }}{% endblock %}", r"context\.super"),
        ("{% block b %}{% endblock %}{{ self.b() }}", "TemplateReference"),
        ("{% set n = namespace(a=1) %}{% set n.a = 2 %}", "Namespace"),
    ],
)
def test_a_template_that_needs_more_than_the_runtime_has_is_refused(
    template: str, needed: str, tmp_path: Path
) -> None:
    with pytest.raises(NotImplementedError, match=rf"one\.html\.jinja needs .*{needed}"):
        of(tmp_path, template)


@pytest.mark.parametrize("call", ["m(1, 2)", "m(b=1)"])
def test_a_macro_takes_what_it_names_and_nothing_else(call: str, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="the macro m takes a"):
        of(tmp_path, "{% macro m(a) %}{% endmacro %}{{ " + call + " }}")

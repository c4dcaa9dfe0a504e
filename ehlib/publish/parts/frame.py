"""The frame of every page: who publishes it, for when, and the one template that may be used."""

import base64
import functools
import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jinja2 import Environment, Template
from markupsafe import Markup
from nbconvert.exporters import TemplateExporter
from traitlets import default

from ehlib.load.periods import in_words, parse_quarter

TEMPLATE = Path(__file__).parents[1] / "template"


@dataclass(frozen=True)
class PageFacts:
    """What a page says about the set it belongs to.

    `terms` are those that the set's glossary explains; counts of cases `below` a number are hidden.
    """

    trust: str
    quarter: str
    generated: date
    version: str
    terms: tuple[tuple[str, str], ...] = ()
    below: int = 0

    @property
    def quarter_words(self) -> str:
        """Quarter as a reader says it: 2013/14 Q3."""
        return self.quarter.replace("-Q", " Q")

    @property
    def months(self) -> str:
        """Months that the quarter covers, in words."""
        return in_words(parse_quarter(self.quarter))

    @property
    def made(self) -> str:
        """Day on which the set was made, in words."""
        return day_words(self.generated)


def day_words(day: date) -> str:
    """Day as a reader says it: 20 January 2014."""
    return f"{day.day} {day:%B %Y}"


class PageExporter(TemplateExporter):
    """nbconvert exporter whose pages hold prose and checked outputs, and no code at all."""

    output_mimetype = "text/html"
    template_file = "page.html.j2"

    @default("template_paths")
    def _our_template_alone(self) -> list[str]:
        return [str(TEMPLATE)]

    @default("file_extension")
    def _html(self) -> str:
        return ".html"

    def _create_environment(self) -> Environment:
        environment = super()._create_environment()
        environment.autoescape = True
        environment.trim_blocks = environment.lstrip_blocks = True
        css, css_hash = _own("page.css")
        script, script_hash = _own("index.js")
        environment.globals.update(
            css=css, css_hash=css_hash, index_script=script, index_script_hash=script_hash
        )
        return environment


@functools.cache
def exporter() -> PageExporter:
    """One exporter a process: making it costs more than a page does."""
    return PageExporter()


def template(name: str) -> Template:
    """Template of ours by name."""
    return exporter().environment.get_template(name)


def _own(name: str) -> tuple[Markup, str]:
    """Text of a style sheet or script of ours, and the hash by which a page lets it in."""
    text = (TEMPLATE / name).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Markup(text), f"sha256-{digest}"

"""Markdown of a notebook as text of a page."""

from html import escape

from nbconvert.filters.markdown_mistune import IPythonRenderer

from ehlib.publish.fragment import PageError, is_safe_link


class Prose(IPythonRenderer):
    """Markdown as plain page text: HTML in it is shown as typed, unsafe links lose their target.

    The first heading of level one is kept aside as `question`, since the page has its own h1.
    """

    def __init__(self) -> None:
        super().__init__(escape=True, allow_harmful_protocols=False, exclude_anchor_links=True)
        self.question = ""

    def heading(self, text: str, level: int, **attrs: object) -> str:
        """Heading, or nothing for the notebook's own title."""
        if level == 1 and not self.question:
            self.question = text
            return ""
        return f"<h{level}>{text}</h{level}>\n"

    def link(self, text: str, url: str, title: str | None = None) -> str:
        """Link with its text, or the text alone where following it could run something."""
        return f'<a href="{escape(url)}">{text}</a>' if is_safe_link(url) else text

    def block_code(self, code: str, info: str | None = None) -> str:
        """Code without colours, whatever its language."""
        return f"<pre><code>{escape(code, quote=False)}</code></pre>\n"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Refuse pictures in prose: they have no source line and may load from elsewhere."""
        raise PageError("markdown holds a picture; expected show_figure in a code cell")

"""HTML and SVG as values: what is put into an element is escaped unless it was made here, so that no text of a
result can become markup."""
import html
import re

# They end by themselves where the next begins: fewer bytes in tables of many rows.
UNCLOSED = {"td", "th", "tr", "li", "dt", "dd", "option", "meta", "input", "br"}
BARE = re.compile(r"[A-Za-z0-9_.%#-]+")
UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")


class Html(str):
    """Markup; to be made by the functions below alone."""


def clean(text):
    """Without what cannot be shown, or would turn the text that follows around."""
    return UNSEEN.sub("\ufffd", str(text))


def escape(text):
    return html.escape(clean(text), quote=True)


def join(*parts):
    """One after the other; lists are opened, None is left out."""
    flat = []
    for part in parts:
        if isinstance(part, Html):
            flat.append(part)
        elif isinstance(part, (list, tuple)):
            flat.append(join(*part))
        elif part is not None:
            flat.append(escape(part))
    return Html("".join(flat))


def attribute(name, value):
    """class_ is class, data_case is data-case; True is an attribute without a value."""
    name = name.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f" {name}={text}" if BARE.fullmatch(text) else f' {name}="{escape(text)}"'


def element(name, *children, **attributes):
    words = "".join(attribute(key, value) for key, value in attributes.items() if value is not None and value is not False)
    end = "" if name in UNCLOSED else f"</{name}>"
    return Html(f"<{name}{words}>{join(*children)}{end}")


def table(heading, rows, **attributes):
    """Heading: texts or th elements; rows: lists of texts or td elements, the first of each names the row."""
    head = [cell if isinstance(cell, Html) else element("th", cell, scope="col") for cell in heading]
    body = []
    for row in rows:
        first, *others = row
        cells = [first if isinstance(first, Html) else element("th", first, scope="row")]
        cells += [cell if isinstance(cell, Html) else element("td", cell) for cell in others]
        body.append(element("tr", cells))
    return element(
        "div",
        element("table", element("thead", element("tr", head)), element("tbody", body), **attributes),
        class_="wide",
    )


def section(name, title, *children, about=None):
    return element(
        "section",
        element("h2", title, id=f"{name}-title"),
        element("p", about, class_="about") if about else None,
        *children,
        id=name,
        aria_labelledby=f"{name}-title",
    )


def details(summary, *children, **attributes):
    return element("details", element("summary", summary), *children, **attributes)

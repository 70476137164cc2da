"""The list of sources names them as the text does: [LeCun et al., 1998]."""

from collections import Counter

from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style
from pybtex.style.labels import BaseLabelStyle


def authors(entry):
    """Return the names of an entry's authors, as a citation in the text has them."""
    people = entry.persons.get("author") or entry.persons["editor"]
    names = [" ".join(person.prelast_names + person.last_names) for person in people]
    return f"{names[0]} et al." if len(names) > 2 else " and ".join(names)


class AuthorYear(BaseLabelStyle):
    """Authors and year, with a letter where two sources share them."""

    def format_labels(self, sorted_entries):
        """Yield one label an entry."""
        labels = [f"{authors(entry)}, {entry.fields['year']}" for entry in sorted_entries]
        twice, seen = Counter(labels), Counter()
        for label in labels:
            seen[label] += 1
            yield label + (chr(ord("a") + seen[label] - 1) if twice[label] > 1 else "")


class Sources(Style):
    """Pybtex's plain style under these labels."""

    default_label_style = AuthorYear


def setup(app):
    """Register the style `sources`."""
    register_plugin("pybtex.style.formatting", "sources", Sources)
    return {"parallel_read_safe": True}

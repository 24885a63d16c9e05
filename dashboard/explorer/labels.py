"""Names of the filters and of their values, for people."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lifecycle.durations import in_words
from lifecycle.models import Connection
from lifecycle.text import visible
from lifecycle.verdict.code_texts import MEANINGS
from lifecycle.verdict.texts import cause_words, code_words, initiator_label

from .families import NONE, OTHER
from .filters import Filters, written

#: The label of each filter, in the order of the form.
LABELS = {
    "q": gettext_lazy("Search"),
    "since": gettext_lazy("Since"),
    "until": gettext_lazy("Until"),
    "ended_since": gettext_lazy("Ended since"),
    "ended_until": gettext_lazy("Ended until"),
    "endpoint": gettext_lazy("Endpoint"),
    "state": gettext_lazy("State"),
    "cause": gettext_lazy("Cause"),
    "abnormal": gettext_lazy("Abnormal"),
    "code": gettext_lazy("Close code"),
    "initiator": gettext_lazy("Ended by"),
    "user": gettext_lazy("User"),
    "ip": gettext_lazy("Address or network"),
    "tab": gettext_lazy("Tab"),
    "process": gettext_lazy("Process"),
    "release": gettext_lazy("Release"),
    "browser": gettext_lazy("Browser"),
    "os": gettext_lazy("Operating system"),
    "exception": gettext_lazy("Exception"),
    "min_duration": gettext_lazy("Open for at least"),
    "max_duration": gettext_lazy("Open for at most"),
}
#: Families whose name is not just capitalised.
FAMILIES = {"ios": "iOS", "macos": "macOS", "chromeos": "ChromeOS", "samsung": "Samsung Internet"}


def family_label(name: str) -> str:
    """Return the name of a family of browsers or operating systems."""
    if name == NONE:
        return _("not sent")
    return _("other") if name == OTHER else FAMILIES.get(name, name.capitalize())


def value_label(name: str, value: object) -> str:
    """Return the value of a filter for people."""
    text = written(value)
    if name == "state":
        return str(Connection.State(text).label)
    if name == "cause":
        return cause_words(text).label
    if name == "abnormal":
        return _("yes") if value else _("no")
    if name == "code":
        return code_label(text)
    if name == "initiator":
        return initiator_label(text)
    if name in ("browser", "os"):
        return family_label(text)
    if name in ("min_duration", "max_duration"):
        return in_words(float(text))
    return visible(text)


def code_label(text: str) -> str:
    """Return a close code with its name, if it has one."""
    if text == "none":
        return _("no code")
    return f"{text} {code_words(int(text)).name}" if int(text) in MEANINGS else text


def chips(filters: Filters) -> list[tuple[str, str, str]]:
    """Return the name, the label and the value of each filter that is set."""
    known = ((name, getattr(filters, name)) for name in LABELS)
    return [(name, str(LABELS[name]), value_label(name, value)) for name, value in known if value is not None]

"""Texts for the dashboard's scripts, translated into the reader's language.

The scripts replace the names in braces with values. Two keys that differ only in their endings ``.one`` and
``.other`` are the singular and the plural of a text.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from lifecycle.durations import unit_texts


def words() -> dict[str, str]:
    """Return all texts, by the keys that the scripts use."""
    return (
        window_words()
        | feed_words()
        | trust_words()
        | tile_words()
        | chart_words()
        | table_words()
        | explorer_words()
        | unit_texts()
    )


def window_words() -> dict[str, str]:
    """Return the texts for the chosen window, its distributions and the size of the record."""
    return {
        "window.chosen": _("chosen window: {span}"),
        "window.selecting": _("selected: {span}"),
        "window.order": _("The end must be after the start."),
        "distribution.quantiles": _("half within {p50}, 95 % within {p95}, 99 % within {p99}"),
        "distribution.empty": _("none in this range"),
        "distribution.below": _("up to {upper}"),
        "distribution.between": _("{lower} to {upper}"),
        "distribution.above": _("over {lower}"),
        "record.empty": _("no rows yet"),
        "record.rows": _("rows since {since}"),
        "record.rollups": _("history since {since}"),
        "record.no_rollups": _("no rollups yet"),
        "record.size": _("{size} in the database"),
        "record.growth": _("{size} more per day"),
        "record.full": _("the disk will be full in {days}"),
        "record.age": _("computed {age} ago"),
        "record.building": _("the history before {since} is still being built"),
    }


def feed_words() -> dict[str, str]:
    """Return the texts for the states of the feed and of the requests for history."""
    return {
        "feed.connecting": _("connecting"),
        "feed.live": _("live"),
        "feed.stale": _("stale: no new numbers since {time}"),
        "feed.lost": _("feed lost since {time}, reconnecting"),
        "feed.denied": _("access denied: sign in again, or ask for the permission “Can view connection”"),
        "feed.outdated": _("the server was updated: reload this page"),
        "history.loading": _("loading the history"),
        "history.denied": _("access to the history denied: sign in again"),
        "history.status": _("the history could not be loaded (HTTP {status}), trying again"),
        "history.unreachable": _("the history could not be loaded (no answer), trying again"),
    }


def trust_words() -> dict[str, str]:
    """Return the texts for the facts that show whether the numbers can be trusted."""
    return {
        "trust.heard.none": _("no process reporting"),
        "trust.heard.one": _("{n} process reporting"),
        "trust.heard.other": _("{n} processes reporting"),
        "trust.silent.one": _("{n} silent"),
        "trust.silent.other": _("{n} silent"),
        "trust.gone.one": _("{n} gone"),
        "trust.gone.other": _("{n} gone"),
        "trust.deaf": _("no data from other processes: the channel layer does not answer"),
        "trust.spool.empty": _("spool empty"),
        "trust.spool.one": _("{n} in the spool"),
        "trust.spool.other": _("{n} in the spool"),
        "trust.dropped.none": _("nothing dropped"),
        "trust.dropped.one": _("{n} event dropped"),
        "trust.dropped.other": _("{n} events dropped"),
        "trust.write": _("last write {ago} ago"),
        "trust.write.none": _("nothing written yet"),
        "trust.write.fails": _("writes to the database fail, last write {ago} ago"),
        "trust.write.fails.none": _("writes to the database fail"),
        "trust.unstored.one": _("{n} refused handshake is counted, but has no row"),
        "trust.unstored.other": _("{n} refused handshakes are counted, but have no rows"),
        "trust.fault.spool": _("the spool cannot be used, see /readyz"),
        "trust.fault.adoption": _("the spool of a dead process cannot be read, see /readyz"),
        "trust.fault.housekeeping": _("the housekeeping fails, see /readyz"),
    }


def tile_words() -> dict[str, str]:
    """Return the texts for the notes under the large numbers."""
    return {
        "tile.viewers.none": _("no viewers of this page"),
        "tile.viewers.one": _("plus {n} viewer of this page"),
        "tile.viewers.other": _("plus {n} viewers of this page"),
        "tile.unconfirmed.one": _("{n} unconfirmed: its process is silent"),
        "tile.unconfirmed.other": _("{n} unconfirmed: their process is silent"),
        "tile.abnormal": _("{abnormal} of {closes} closes"),
        "tile.abnormal.none": _("no closes"),
    }


def chart_words() -> dict[str, str]:
    """Return the texts for the charts, their legends and their tables."""
    return {
        "chart.others": _("all others"),
        "chart.total": _("Total"),
        "chart.time": _("Time"),
        "chart.previous": _("previous window, total"),
        "chart.peak": _("at most {n} open, at {time}"),
        "chart.open.empty": _("no connections were open at the end of any step"),
        "chart.closes.empty": _("no connections ended in this range"),
        "chart.open.rows": _("Open connections at the end of each step of {step}, newest first"),
        "chart.closes.rows": _("Closes in each step of {step}, newest first"),
        "chart.marks.empty": _("no process started or stopped in this range"),
        "mark.start": _("{process} started"),
        "mark.stop": _("{process} stopped"),
        "mark.lost": _("{process} was lost"),
        "mark.release": _("release {release}"),
    }


def table_words() -> dict[str, str]:
    """Return the texts for the cells of the tables."""
    return {
        "initiator.client": _("client"),
        "initiator.server": _("server"),
        "initiator.network": _("network"),
        "initiator.unknown": _("unknown"),
        "state.live": _("live"),
        "state.silent": _("silent"),
        "state.gone": _("gone"),
        "end.refused": _("refused"),
        "end.no_code": _("no code"),
        "end.link": _("the connection that ended at {time}"),
        "ends.pause": _("Pause"),
        "ends.resume": _("Resume"),
        "ends.paused": _("paused at {time}"),
        "closes.refusal": _("{code} {name}"),
        "closes.next": _("Next: {next}"),
        "closes.about": _("About code {code}"),
        "closes.abnormal": _("abnormal"),
        "table.all": _("Show all {n}"),
        "table.top": _("Show the top {n} only"),
        "none": "\N{EN DASH}",
    }


def explorer_words() -> dict[str, str]:
    """Return the texts for the updates of the list of connections."""
    return {
        "explorer.live": _("new connections appear at the top"),
        "explorer.new.one": _("{n} new connection at {time}"),
        "explorer.new.other": _("{n} new connections at {time}"),
        "explorer.denied": _("access denied: sign in again, or ask for the permission “Can view connection”"),
        "explorer.lost": _("no answer since {time}, trying again"),
    }

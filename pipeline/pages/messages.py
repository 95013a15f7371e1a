"""Messages: what a night brought and how the week stands, as text, sent by webhook or e-mail.

They go to those whom the settings name and to nobody else.
"""

import json
import smtplib
import urllib.request
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

from pipeline.settings import Settings

PATIENCE_S = 30.0
SIGNS = {"up": "+", "down": "-"}


def night_text(view: dict[str, Any]) -> str | None:
    """What the last night brought, from the view of the week's page; None where it brought nothing.

    Names and counts only: nothing that was said."""
    night = view["night"]
    if not night or not (night["n_scored"] or night["n_failed"]):
        return None
    lines = [f"callgrade, night to {night['ended']:%d %B %Y}: {_count(night['n_scored'], 'conversation')} scored"]
    if night["n_review"]:
        lines.append(f"{_count(night['n_review'], 'label')} to review")
    if night["n_bad"]:
        lines.append(f"{_count(night['n_bad'], 'conversation')} better not made (red on every decisive element):")
        lines += [f"  {one['name']} with {one['other'] or 'unnamed'}" for one in night["calls"] if one["bad"]]
    if night["n_carried"]:
        lines.append(f"{night['n_not_taken_up']} of {night['n_carried']} open actions not taken up again")
    for one in view["drifted"]:
        shares = f"{one['share']:.0%} {one['color']} against {one['expected']:.0%} in the {one['against']}"
        lines.append(f"Colours have drifted: {one['title']} in {one['rubric_title']}, {shares}")
    if night["n_failed"]:
        lines.append(f"{_count(night['n_failed'], 'conversation')} not scored:")
        lines += [f"  {one['call_id']}: {one['error_code']}" for one in night["failed"]]
    return "\n".join(lines)


def week_text(view: dict[str, Any]) -> str | None:
    """The tiles of the week's page as lines, and who moved; None before anything was scored."""
    if view["week"] is None:
        return None
    lines = [f"callgrade, week of {view['week']:%d %B %Y}"]
    for group, tiles in view["groups"].items():
        lines += [f"{group}:", *(f"  {tile['title']}: {_told(tile)}" for tile in tiles)] if tiles else []
    for cost in view["lost"]:
        lines.append(f"Qualified opportunities lost in the week, {cost['name']}: {cost['text']}, {_basis(cost)}")
    lines += _moved(view["moved"])
    lines.append(f"* fewer than {view['small_n']} conversations: says little")
    return "\n".join(lines)


def _told(tile: dict[str, Any]) -> str:
    interval = f" ({tile['interval']})" if tile["interval"] else ""
    return f"{tile['text']}{'*' if tile['small'] else ''}{interval}{_changed(tile['change'])}"


def _changed(change: dict[str, Any] | None) -> str:
    if change is None:
        return ""
    by = f"{SIGNS[change['way']]}{change['text']} on" if change["way"] != "same" else "as in"
    return f", {by} the week before" + (f", {change['doubt']}" if change["doubt"] else "")


def _basis(cost: dict[str, Any]) -> str:
    return (
        f"if each person makes {cost['calls_per_person_week']:g} a week and "
        f"{100 * cost['qualified_share']:g} % of them could qualify"
    )


def _moved(moved: dict[str, list[str]]) -> Iterator[str]:
    if moved["up"]:
        yield f"Moved up into yellow or green: {', '.join(moved['up'])}"
    if moved["down"]:
        yield f"Moved down into red or orange: {', '.join(moved['down'])}"


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def senders(settings: Settings) -> list[str]:
    """The ways of sending that are configured; none is unless somebody set it."""
    return [name for name, wanted in {"webhook": settings.webhook, "mail": settings.mail_to}.items() if wanted]


def send_webhook(text: str, settings: Settings) -> None:
    """POST `{"text": ...}`, which Slack, Teams and Mattermost take; raises OSError where it is not accepted."""
    body = json.dumps({"text": text}).encode()
    request = urllib.request.Request(  # noqa: S310  settings allow http and https only
        settings.webhook, data=body, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_S):  # noqa: S310
        pass


def send_mail(text: str, settings: Settings) -> None:
    """One e-mail to all of mail_to, its subject the first line; encrypted where the server offers it.

    Raises OSError (smtplib's errors are such) where the server does not take it.
    """
    server = urlsplit(settings.mail_server)
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = (
        text.partition("\n")[0],
        settings.mail_from,
        ", ".join(settings.mail_to),
    )
    message.set_content(text)
    connect = smtplib.SMTP_SSL if server.scheme == "smtps" else smtplib.SMTP
    with connect(server.hostname or "localhost", server.port or 0, timeout=PATIENCE_S) as connection:
        connection.ehlo_or_helo_if_needed()
        if server.scheme == "smtp" and connection.has_extn("starttls"):
            connection.starttls()
        if server.username:
            connection.login(unquote(server.username), unquote(server.password or ""))
        connection.send_message(message)


SENDERS: dict[str, Callable[[str, Settings], None]] = {"webhook": send_webhook, "mail": send_mail}

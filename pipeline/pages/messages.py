"""Messages: what a night brought and how the week stands, as text, sent by webhook or e-mail.

They go to those whom the settings name and to nobody else.
"""

import json
import smtplib
import urllib.request
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from pipeline.pages.night import NightCall
from pipeline.pages.week import Change, Cost, Moved, Tile, Week
from pipeline.settings import Settings

TIMEOUT_S = 30.0
MAX_WORST = 3  # conversations that a night's message names
SIGNS = {"up": "+", "down": "-"}


def night_text(week: Week) -> str | None:
    """What the last night brought, from the page of the week; None where it brought nothing.

    Names and counts only: nothing that was said."""
    night = week.night
    if night is None or not (night.n_scored or night.n_failed):
        return None
    lines = [f"callgrade, night to {night.ended:%d %B %Y}: {_count(night.n_scored, 'conversation')} scored"]
    if night.n_review:
        lines.append(f"{_count(night.n_review, 'label')} to review")
    if night.n_bad:
        lines.append(f"{_count(night.n_bad, 'conversation')} better not made (red on every decisive element):")
        lines += [f"  {_called(call)}" for call in night.calls if call.bad]
    worst = [call for call in night.calls if not call.bad][:MAX_WORST]
    if worst:
        lines += ["To look at first:", *(f"  {_called(call)}" for call in worst)]
    if night.n_carried:
        lines.append(f"{night.n_not_taken_up} of {night.n_carried} open actions not taken up again")
    for drift in week.drifted:
        shares = f"{drift.share:.0%} {drift.color} against {drift.expected:.0%} in the {drift.against}"
        lines.append(f"Colours have drifted: {drift.title} in {drift.rubric_title}, {shares}")
    if night.n_failed:
        lines.append(f"{_count(night.n_failed, 'conversation')} not scored:")
        lines += [f"  {call.call_id}: {call.error_code}" for call in night.failed]
    return "\n".join(lines)


def week_text(week: Week) -> str | None:
    """The tiles of the week's page as lines, and who moved; None before anything was scored."""
    if week.week is None:
        return None
    lines = [f"callgrade, week of {week.week:%d %B %Y}"]
    for group, tiles in week.groups.items():
        lines += [f"{group}:", *(f"  {tile.title}: {_tile_text(tile)}" for tile in tiles)] if tiles else []
    for cost in week.lost:
        lines.append(f"Qualified opportunities lost in the week, {cost.name}: {cost.figure.text}, {_basis(cost)}")
    lines += _moved(week.moved)
    lines.append(f"* fewer than {week.small_n} conversations: says little")
    return "\n".join(lines)


def _tile_text(tile: Tile) -> str:
    interval = f" ({tile.figure.interval})" if tile.figure.interval else ""
    return f"{tile.figure.text}{'*' if tile.figure.small else ''}{interval}{_changed(tile.change)}"


def _changed(change: Change | None) -> str:
    if change is None:
        return ""
    by = f"{SIGNS[change.way]}{change.text} on" if change.way != "same" else "as in"
    return f", {by} the week before" + (f", {change.doubt}" if change.doubt else "")


def _basis(cost: Cost) -> str:
    return (
        f"if each person makes {cost.calls_per_person_week:g} a week and "
        f"{100 * cost.qualified_share:g} % of them could qualify"
    )


def _moved(moved: Moved) -> Iterator[str]:
    if moved.up:
        yield f"Moved up into yellow or green: {', '.join(moved.up)}"
    if moved.down:
        yield f"Moved down into red or orange: {', '.join(moved.down)}"


def _called(call: NightCall) -> str:
    return f"{call.name} with {call.other or 'unnamed'}: {call.sentence}"


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
    with urllib.request.urlopen(request, timeout=TIMEOUT_S):  # noqa: S310
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
    with connect(server.hostname or "localhost", server.port or 0, timeout=TIMEOUT_S) as connection:
        connection.ehlo_or_helo_if_needed()
        if server.scheme == "smtp" and connection.has_extn("starttls"):
            connection.starttls()
        if server.username:
            connection.login(unquote(server.username), unquote(server.password or ""))
        connection.send_message(message)


SENDERS: dict[str, Callable[[str, Settings], None]] = {"webhook": send_webhook, "mail": send_mail}

"""Notify: a summary as a message to a webhook or by e-mail, to those whom the settings name and nobody else."""

import json
import smtplib
import urllib.request
from collections.abc import Callable
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from pipeline.settings import Settings

PATIENCE_S = 30.0


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

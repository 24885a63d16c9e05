"""``manage.py lifecycle_token <username>``: prints a token that lets a client open WebSockets as a user."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.management.base import BaseCommand, CommandError, CommandParser

from lifecycle import conf
from lifecycle.auth.tokens import make_token
from lifecycle.setting_rules import LONGEST_TOKEN_SECONDS


class Command(BaseCommand):
    """Prints only the token, so scripts can use the output."""

    help = "Print a signed token that lets a client open WebSockets as a user until the token expires."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments: the username, and the lifetime of the token in seconds."""
        parser.add_argument("username", help="the username that the user signs in with")
        parser.add_argument(
            "--seconds",
            type=int,
            default=conf.get("TOKEN_SECONDS"),
            help=f"the lifetime in seconds, at most {LONGEST_TOKEN_SECONDS} (default: %(default)s)",
        )

    def handle(self, *args: Any, username: str, seconds: int, **options: Any) -> None:  # noqa: ANN401 - as in Django
        """Print the token."""
        if seconds <= 0:
            raise CommandError("--seconds must be greater than 0.")
        if seconds > LONGEST_TOKEN_SECONDS:
            raise CommandError(f"--seconds must be at most {LONGEST_TOKEN_SECONDS}.")
        self.stdout.write(make_token(find_active_user(username), seconds))


def find_active_user(username: str) -> AbstractBaseUser:
    """Return the active user with a username; raises ``CommandError`` if there is none."""
    model = get_user_model()
    try:
        user = model._default_manager.get_by_natural_key(username)
    except model.DoesNotExist as error:
        raise CommandError(f"There is no user {username!r}.") from error
    if not user.is_active:
        raise CommandError(f"The user {username!r} is not active. Activate it in the admin first.")
    return user

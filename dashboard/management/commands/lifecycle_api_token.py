"""``manage.py lifecycle_api_token NAME``: creates a token for the API, and prints it once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...api import tokens
from ...models import ApiToken


class Command(BaseCommand):
    """Prints only the token on standard output, so scripts can use it; the note goes to standard error."""

    help = "Create a token that lets a program read the API, and print it. It is shown only once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments: the name of the token, and whether it may act."""
        parser.add_argument("name", help="what the token is for; the admin lists tokens by this name")
        parser.add_argument(
            "--act", action="store_true", help="the token may also act on connections, for example close them"
        )

    def handle(self, *args: Any, name: str, act: bool, **options: Any) -> None:  # noqa: ANN401 - as in Django
        """Create the token and print it."""
        name = name.strip()
        limit = ApiToken._meta.get_field("name").max_length or 0
        if not 0 < len(name) <= limit:
            raise CommandError(f"The name must have 1 to {limit} characters.")
        if ApiToken.objects.filter(name=name, revoked_at=None).exists():
            raise CommandError(f"There is a valid token {name!r}. Choose another name, or revoke it in the admin.")
        self.stdout.write(tokens.create(name, may_act=act))
        self.stderr.write("Keep this token: it is not stored and cannot be shown again. Revoke it in the admin.")

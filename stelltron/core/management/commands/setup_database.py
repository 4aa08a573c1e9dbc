from __future__ import annotations

from pathlib import Path

import psycopg
from django.conf import settings
from django.core.management import BaseCommand, call_command
from psycopg import sql

from stelltron.core import kept_schema


class Command(BaseCommand):
    help = "Create the database where it is missing, and bring it to the current schema."

    def handle(self, *args: object, **options: object) -> None:
        database = settings.DATABASES["default"]
        with psycopg.connect(
            host=database["HOST"],
            port=database["PORT"],
            user=database["USER"],
            password=database["PASSWORD"],
            dbname="postgres",
            autocommit=True,
        ) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database["NAME"]])
            is_new = not found.fetchone()
            if is_new:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database["NAME"])))
        if is_new and settings.POSTGRES_TOOLS:
            kept_schema.fill(Path(settings.POSTGRES_TOOLS))
        else:
            call_command("migrate", interactive=False, verbosity=0)

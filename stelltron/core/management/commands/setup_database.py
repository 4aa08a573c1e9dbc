from __future__ import annotations

import psycopg
from django.conf import settings
from django.core.management import BaseCommand, call_command
from psycopg import sql


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
            if not found.fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database["NAME"])))
        call_command("migrate", interactive=False, verbosity=0)

"""References of tables that take thousands of rows in one stroke, looked up once a statement instead of once a row.

A foreign key of PostgreSQL runs a query for every row and column when the transaction commits: half of what a stroke of
orders cost. Where the rows pointed at stay for ever, and a row once written goes on pointing at the same ones, one look
at all new rows together says the same. Models name such a key ``db_constraint=False``; rows are then written after those
that they point at.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db.migrations import RunSQL

SAY_NO = """
CREATE FUNCTION stelltron_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: %', TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END $$;
"""
STAYS = """
CREATE TRIGGER rows_stay BEFORE DELETE OR UPDATE OF id ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION stelltron_stays('its rows stay, others point at them');
"""
# Kept plans look up by key, however few rows there were when they were made.
LOOKED_UP = """
CREATE FUNCTION {table}_points_at() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
{looks}
    RETURN NULL;
END $$;
CREATE TRIGGER points_at AFTER INSERT ON {table} REFERENCING NEW TABLE AS given
    FOR EACH STATEMENT EXECUTE FUNCTION {table}_points_at();
CREATE TRIGGER goes_on_pointing BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({moved})
    EXECUTE FUNCTION stelltron_stays('a row goes on pointing at what it was written for');
"""
LOOK = """
    IF EXISTS (SELECT FROM given WHERE {column} IS NOT NULL
               AND NOT EXISTS (SELECT FROM {there} t WHERE t.id = given.{column})) THEN
        RAISE EXCEPTION '{table}.{column} names no row of {there}' USING ERRCODE = 'foreign_key_violation';
    END IF;
"""


def say_no() -> RunSQL:
    """What the triggers below call. Comes before them."""
    return RunSQL(SAY_NO, "DROP FUNCTION stelltron_stays();")


def rows_stay(table: str) -> RunSQL:
    """Refuse to delete or rename rows of ``table``."""
    return RunSQL(STAYS.format(table=table), f"DROP TRIGGER rows_stay ON {table};")


def looked_up(table: str, references: Mapping[str, str]) -> RunSQL:
    """Refuse new rows of ``table`` that point at nothing, by column and the table it names, and any change of those.

    The tables named need ``rows_stay``.
    """
    looks = "".join(LOOK.format(table=table, column=column, there=there) for column, there in references.items())
    moved = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in references)
    return RunSQL(
        LOOKED_UP.format(table=table, looks=looks, moved=moved),
        f"DROP TRIGGER goes_on_pointing ON {table}; DROP TRIGGER points_at ON {table};"
        f" DROP FUNCTION {table}_points_at();",
    )

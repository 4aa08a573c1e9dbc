from django.db import migrations, models

# Discounts were taken off each trade until now: nothing of those comes back, and each goes on, paid back, with a later slot.
BEGIN_ANEW = """
ALTER TABLE market_feediscount DISABLE TRIGGER append_only;
UPDATE market_feediscount SET at_trade = true;
ALTER TABLE market_feediscount ENABLE TRIGGER append_only;
INSERT INTO market_feediscount (member_id, percent, valid_from, at_trade)
SELECT newest.member_id, newest.percent, greatest(newest.valid_from, newest.running + newest.step), false
FROM (
    SELECT DISTINCT ON (d.member_id) d.member_id, d.percent, d.valid_from, make_interval(mins => c.slot_minutes) AS step,
        date_bin(
            make_interval(mins => c.slot_minutes),
            CASE WHEN c.clock = 'DATA' THEN coalesce(c.data_time, now()) ELSE now() END,
            TIMESTAMPTZ '1970-01-01 00:00+00'
        ) AS running
    FROM market_feediscount d
    JOIN members_member m ON m.id = d.member_id JOIN core_community c ON c.id = m.community_id
    ORDER BY d.member_id, d.valid_from DESC, d.id DESC
) newest
WHERE newest.percent > 0;
"""
FILL = "UPDATE market_trade SET tariff_fee = fee WHERE fee > 0"
LEFT_OPEN = """
SELECT c.slug, sum(t.wh * t.tariff_fee / 1000 - t.fee_amount)::bigint
FROM market_trade t JOIN core_community c ON c.id = t.community_id
WHERE t.tariff_fee > t.fee AND t.state = 'SETTLED' GROUP BY c.slug ORDER BY c.slug
"""


def say_what_is_left_open(apps, editor) -> None:
    """The grid is owed the whole tariff of those trades too: the co-op pays the difference itself."""
    with editor.connection.cursor() as cursor:
        cursor.execute(LEFT_OPEN)
        for slug, stroops in cursor.fetchall():
            print(f"\n  {slug} owes the grid {stroops} stroops for discounts that were taken off trades", end="")


class Migration(migrations.Migration):
    dependencies = [("market", "0034_fees_without_a_tariff_beside_them")]

    operations = [
        migrations.AddField(
            model_name="feediscount",
            name="at_trade",
            field=models.BooleanField(
                default=False,
                editable=False,
                help_text="was taken off each trade, as all were once: nothing of it comes back",
            ),
        ),
        migrations.RunSQL(BEGIN_ANEW, migrations.RunSQL.noop),
        migrations.RunPython(say_what_is_left_open, migrations.RunPython.noop),
        migrations.RunSQL(migrations.RunSQL.noop, FILL),
        migrations.RemoveField(model_name="trade", name="tariff_fee"),
        migrations.AlterField(
            model_name="feediscount",
            name="valid_from",
            field=models.DateTimeField(help_text="the first slot that counts"),
        ),
    ]

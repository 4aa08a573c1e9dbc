import hashlib
import re
from collections import Counter

from django.conf import settings
from django.db import migrations, models

# What a line of which the bank gave no reference was called until now.
MADE = re.compile(r"[0-9a-f]{40}-\d+")
TRIGGER = """
DROP TRIGGER append_only ON bank_bankline;
CREATE TRIGGER append_only BEFORE UPDATE OF account_id, statement_id, key, {more}booked_on, stroops OR DELETE ON bank_bankline
    FOR EACH STATEMENT EXECUTE FUNCTION stelltron_append_only();
"""


def identify(apps, schema_editor):
    """As ``formats.identified`` does it, so that an old statement imported again still brings nothing."""
    BankLine = apps.get_model("bank", "BankLine")
    seen = Counter()
    for line in BankLine.objects.order_by("id").iterator():
        key = "" if MADE.fullmatch(line.key) else line.key
        said = (line.booked_on, key, line.stroops, line.name, line.iban, line.text, line.end_to_end)
        content = hashlib.sha256(repr(said).encode()).hexdigest()[:40]
        seen[line.account_id, content] += 1
        BankLine.objects.filter(pk=line.pk).update(identity=f"{content}-{seen[line.account_id, content]}")


class Migration(migrations.Migration):
    dependencies = [
        ("bank", "0003_taken_back_before_it_was_booked"),
        ("ledger", "0012_reserves_for_staff"),
        ("members", "0009_bank_notices"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="bankline", name="one_line_per_key"),
        migrations.RemoveConstraint(model_name="bankstatement", name="one_statement_per_number"),
        migrations.AddField(
            model_name="bankline",
            name="identity",
            field=models.CharField(
                default="", help_text="a hash of its content, and how often that came on its day", max_length=60
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="bankline",
            name="key",
            field=models.CharField(blank=True, help_text="the bank's own reference, where it gives one", max_length=80),
        ),
        migrations.RunPython(identify, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="bankline",
            constraint=models.UniqueConstraint(fields=("account", "identity"), name="one_line_per_identity"),
        ),
        migrations.AddConstraint(
            model_name="bankstatement",
            constraint=models.UniqueConstraint(
                fields=("account", "number", "begins", "ends"), name="one_statement_per_number_and_period"
            ),
        ),
        migrations.RunSQL(TRIGGER.format(more="identity, "), TRIGGER.format(more="")),
    ]

from django.db import migrations

from stelltron.members.roles import grant, revoke

CREATE = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON bank_bankstatement
    FOR EACH STATEMENT EXECUTE FUNCTION stelltron_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OF account_id, statement_id, key, booked_on, stroops OR DELETE ON bank_bankline
    FOR EACH STATEMENT EXECUTE FUNCTION stelltron_append_only();
"""
DROP = """
DROP TRIGGER append_only ON bank_bankline;
DROP TRIGGER append_only ON bank_bankstatement;
"""
MODELS = (
    "anchortransfer",
    "bankaccount",
    "bankline",
    "bankstatement",
    "case",
    "clearance",
    "customerrecord",
    "knownaccount",
    "paymentfile",
    "paymentreference",
    "payout",
)
VIEW = tuple(f"bank.view_{model}" for model in MODELS)
ROLES = {
    "Co-op staff": VIEW,
    "Treasury": (
        *VIEW,
        "bank.add_bankaccount",
        "bank.change_bankaccount",
        "bank.change_bankline",
        "bank.change_paymentfile",
        "bank.change_payout",
        "bank.change_case",
        "bank.add_clearance",
    ),
}


def forwards(apps, schema_editor):
    for role, permissions in ROLES.items():
        grant(apps, role, permissions)


def backwards(apps, schema_editor):
    for role, permissions in ROLES.items():
        revoke(apps, role, permissions)


class Migration(migrations.Migration):
    dependencies = [
        ("bank", "0001_initial"),
        ("ledger", "0012_reserves_for_staff"),
        ("members", "0009_bank_notices"),
    ]

    operations = [migrations.RunSQL(CREATE, DROP), migrations.RunPython(forwards, backwards)]

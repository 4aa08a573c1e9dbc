"""The rules that come with the software: a beginning taken from public law, in whole units of money.

None holds anywhere before two of a co-op's Treasury adopt it, and a further version corrects it. An amount of MOST says
that the law sets no limit of its own, so that the co-op's parameters hold.
"""

from datetime import UTC, date, datetime

from django.db import migrations

from stelltron.members.roles import grant, revoke

MOST = 1_000_000_000
WRITTEN = datetime(2026, 11, 22, tzinfo=UTC)
ALL = ["address", "birth_date", "email_address", "first_name", "id_number", "last_name"]
# Five payments a day, and three within a week of 80 % of the day's limit or more: the software's own choice.
PATTERNS = {"velocity": 5, "structuring_count": 3, "structuring_percent": 80}
DELIVERED = (
    {
        "code": "EU",
        "name": "European Union, e-money",
        "currency": "EUR",
        "basic": (10_000, 10_000, 15_000),
        "full": (MOST, MOST, MOST),
        "years": 5,
        "days": 14,
        "source": "Basic: the sizes from which an occasional transaction needs full due diligence, 10,000 by Regulation (EU) "
        "2024/1624, Article 19, and 15,000 by Directive (EU) 2015/849, Article 11. Retention: that Directive, Article 40. "
        "Cooling-off: 14 days by Directive 2002/65/EC, Article 6. Patterns: the software's choice.",
    },
    {
        "code": "IN",
        "name": "India, prepaid payment instruments",
        "currency": "INR",
        "basic": (10_000, 10_000, 10_000),
        "full": (200_000, 200_000, 200_000),
        "years": 5,
        "days": 0,
        "source": "Basic and full: small and full-KYC instruments in the Reserve Bank of India's Master Directions on Prepaid "
        "Payment Instruments, 2021. Retention: Prevention of Money-laundering Act, 2002, section 12. Patterns: the software's "
        "choice.",
    },
    {
        "code": "US",
        "name": "United States, money services",
        "currency": "USD",
        "basic": (3_000, 3_000, 10_000),
        "full": (MOST, MOST, MOST),
        "years": 5,
        "days": 0,
        "source": "Basic: 3,000 from which a transmittal is recorded (31 CFR 1010.410), 10,000 from which currency is reported "
        "(31 CFR 1010.311). Retention: 31 CFR 1010.430. Structuring: 31 USC 5324; its thresholds are the software's choice.",
    },
)
# Only the decision on what is proposed is written later; the same row written again, as from a backup, changes nothing.
CREATE = """
CREATE FUNCTION bank_rules_hold() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE decision text[] := ARRAY['state', 'decided_by_id', 'decided_at'];
BEGIN
    IF TG_OP = 'UPDATE' AND (
        to_jsonb(NEW) = to_jsonb(OLD)
        OR (OLD.state = 'PROPOSED' AND to_jsonb(NEW) - decision = to_jsonb(OLD) - decision)
    ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only: propose what is to follow', TG_TABLE_NAME;
END $$;
CREATE TRIGGER rules_hold BEFORE UPDATE OR DELETE ON bank_ruleset FOR EACH ROW EXECUTE FUNCTION bank_rules_hold();
CREATE TRIGGER rules_hold BEFORE UPDATE OR DELETE ON bank_adoption FOR EACH ROW EXECUTE FUNCTION bank_rules_hold();
"""
DROP = """
DROP TRIGGER rules_hold ON bank_adoption;
DROP TRIGGER rules_hold ON bank_ruleset;
DROP FUNCTION bank_rules_hold();
"""
VIEW = ("bank.view_ruleset", "bank.view_adoption")
ROLES = {
    "Co-op staff": VIEW,
    "Treasury": (*VIEW, "bank.add_ruleset", "bank.change_ruleset", "bank.add_adoption", "bank.change_adoption"),
}


def deliver(apps, schema_editor):
    rule_set = apps.get_model("bank", "RuleSet")
    for one in DELIVERED:
        limits = {
            f"{level}_{span}_limit": watt
            for level in ("basic", "full")
            for span, watt in zip(("payment", "day", "month"), one[level], strict=True)
        }
        rule_set.objects.create(
            code=one["code"],
            name=one["name"],
            number=1,
            currency=one["currency"],
            values={**limits, **PATTERNS, "retention_years": one["years"], "cooling_off_days": one["days"]},
            identity_fields=ALL,
            source=one["source"],
            from_day=date(2000, 1, 1),
            state="ACCEPTED",
            reason="delivered with the software",
        )
    rule_set.objects.update(proposed_at=WRITTEN)


def take_away(apps, schema_editor):
    apps.get_model("bank", "RuleSet").objects.all().delete()


def forwards(apps, schema_editor):
    for role, permissions in ROLES.items():
        grant(apps, role, permissions)


def backwards(apps, schema_editor):
    for role, permissions in ROLES.items():
        revoke(apps, role, permissions)


class Migration(migrations.Migration):
    dependencies = [("bank", "0008_rules_of_jurisdictions")]

    operations = [
        migrations.RunPython(deliver, take_away),
        migrations.RunSQL(CREATE, DROP),
        migrations.RunPython(forwards, backwards),
    ]

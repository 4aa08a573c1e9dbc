from django.db import migrations


def forwards(apps, schema_editor):
    """From the event of the sale. Of a sale past us we only know that it was before the period began."""
    Future, ChainEvent, ChainTransaction = (
        apps.get_model(*name)
        for name in (("financing", "Future"), ("ledger", "ChainEvent"), ("ledger", "ChainTransaction"))
    )
    sold = Future.objects.filter(state__in=("SOLD", "SETTLED"), sold_at=None).select_related("generator")
    for future in sold.iterator():
        events = ChainEvent.objects.filter(contract=future.generator.address, name="future_bought")
        event = next((one for one in events.iterator() if int(one.data["value"]["id"]) == future.number), None)
        if event is None:
            continue
        sent = ChainTransaction.objects.filter(hash=event.transaction_hash).first()
        future.sold_at = sent.finished_at if sent and sent.finished_at else future.begins
        future.sold_event, future.sold_hash = event.id, event.transaction_hash
        future.save(update_fields=["sold_at", "sold_event", "sold_hash"])


class Migration(migrations.Migration):
    dependencies = [("financing", "0016_future_sales"), ("ledger", "0012_reserves_for_staff")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]

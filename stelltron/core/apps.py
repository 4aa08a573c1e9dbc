import gc

from django.apps import AppConfig

# A slot of 10,000 members makes some 100,000 objects that live until it is written: the usual 700 would have each
# collection walk them all again, a third of the time of a clearing.
YOUNG_OBJECTS, YOUNG_COLLECTIONS = 50_000, 20


class CoreConfig(AppConfig):
    name = "stelltron.core"
    label = "core"
    verbose_name = "Community"

    def ready(self) -> None:
        gc.set_threshold(YOUNG_OBJECTS, YOUNG_COLLECTIONS, YOUNG_COLLECTIONS)

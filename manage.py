#!/usr/bin/env python
"""Django's command line for Stelltron; bin/manage runs it with the services up."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stelltron.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)

"""What workers are forked with: importing this imports it, part by part.

The process that does so is left for good between two parts when the batch that started it is gone,
since all of them take seconds.
"""

import os
from importlib import import_module

PARTS = ["pandas", "nbconvert", "papermill", "ehlib.publish.page"]
PARTS += ["ehlib.publish.kernels.execute", "ehlib.publish.release"]
BATCH = os.getppid()

for part in PARTS:
    if os.getppid() != BATCH:
        raise SystemExit
    import_module(part)

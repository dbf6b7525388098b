"""What the models make of a message: two tiers, in plain numpy and an encoder.

numpy reads here, when it is first needed, that it has one thread: sums are then made in one order,
so that the same message gets the same numbers on machines of one and of many cores. A program that
has loaded numpy before must have set this itself.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

"""Settings for all tests, and the plants that they share."""

import os
import signal

from hypothesis import settings

os.environ.setdefault("MPLBACKEND", "Agg")

# Who is started in the background of a shell ignores Ctrl-C, and so do all that it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The first call of a compiled function takes seconds, hence no deadline. The same examples every
# time, so that a suite that passed passes; --hypothesis-profile=explore looks further.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("same")

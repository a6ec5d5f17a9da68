"""How much is drawn: HYPOTHESIS_PROFILE=long is for the long runs (`make property`), the rest for every run.

Whole flashes and whole devices are dearer than a protocol: their tests draw fewer, and say how many.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", deadline=None, max_examples=10_000, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

"""Random bytes from the system's own source (`hal/api.pyi` Entropy): the kernel's, or a port's hardware generator."""

import os


class SystemEntropy:
    def random(self, n: int) -> bytes:
        return os.urandom(n)

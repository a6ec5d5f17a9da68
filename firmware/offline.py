"""What a device without a network has in place of sign-in and mail. Nobody can sign in there, and no mail is taken on."""

from firmware.settings import load
from firmware.supervisor import Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.jobs.journal import Job


class Account:
    """As `firmware/oauth/token.py` has it, of nobody."""

    state = "SIGNED_OUT"
    address = tenant = reason = ""
    granted_s = used_s = good_until_s = None


class Accounts:
    """As `firmware/oauth/accounts.py` has it."""

    account = Account()
    signin = None
    server_refuses = ""

    def __init__(self) -> None:
        self.watch, self.attempt_watch = Watch("accounts"), Watch("sign-in")

    def settings(self) -> "dict[str, Any]":
        return load(None)

    async def run(self) -> None:
        pass


class Queue:
    """As `firmware/jobs/queue.py` has it."""

    current: "Job | None" = None

    def __init__(self) -> None:
        self.watch = Watch("queue")
        self.last_ended: "Job | None" = None  # a sheet

    def waiting(self) -> "list[Job]":
        return []

    def cancel(self, number: int) -> bool:  # noqa: ARG002
        return False

    async def run(self) -> None:
        pass

"""The device's state, as it is told to whoever looks after it (`hal/api.pyi` Monitor). Start at `tell`.

Loaded only where somebody does: on a board with a serial console nobody reads it.
"""

from firmware.jobs.shown import SHOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.device import Device
    from firmware.oauth.token import Account


def tell(device: "Device") -> None:
    """How it is now, and from now on what has changed."""

    def changed(part: str) -> None:
        _tell(device, part)

    for part in ("accounts", "signin"):
        changed(part)
    device.board.monitor.state("jobs", device.jobs.recent(SHOWN))
    device.subscribe(changed)


def _tell(device: "Device", part: str) -> None:
    state = device.board.monitor.state
    if part == "accounts":
        state(part, {name: _account(device, account) for name, account in _accounts(device)})
    elif part == "signin":
        state(part, _signin(device))
    elif part == "jobs":  # reading the whole history for each change would be dear
        state("newest_jobs", device.jobs.newest())
    elif part == "progress" and device.queue.current is not None:
        job = device.queue.current
        state(part, {"id": job["id"], "sent_bytes": job["sent_bytes"], "size": job["size"]})


def _accounts(device: "Device") -> "list[tuple[str, Account]]":
    """The device's, the fax server's, and of the users' those that are in use."""
    accounts = [("device", device.accounts.account)]
    if device.fax is not None:
        accounts.append(("fax", device.fax.account))
    return accounts + [("user:" + person.id, person.account) for person in device.people_in_use()]


def _account(device: "Device", account: "Account") -> "dict[str, Any]":
    return {
        "state": account.state,
        "address": account.address,
        "reason": device.jobs.words(account.reason),
        "good_until_s": account.good_until_s,
    }


def _signin(device: "Device") -> "dict[str, Any] | None":
    name, attempt = "device", device.signin
    if attempt is None and device.fax is not None:
        name, attempt = "fax", device.fax.signin
    if attempt is None:
        return None
    now_s = device.board.clock.now()
    return {
        "account": attempt.owner if attempt.owner.startswith("user:") else name,
        "state": attempt.state,
        "user_code": attempt.user_code,
        "verification_uri": attempt.verification_uri,
        "expires_at_s": None if now_s is None or attempt.state != "WAITING" else now_s + attempt.expires_in_s(),
        "reason": device.jobs.words(attempt.reason),
    }

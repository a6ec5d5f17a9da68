"""What is done with the printer while the power may go: each script with what comes before it."""

from __future__ import annotations

from tests.powercuts.printer import PASSWORD, Printer, Script, drive

CUSTOM = {
    "service": "custom",
    "smtp_host": "mail.one.example",
    "smtp_port": "587",
    "authority": "https://login.one.example/tenant",
    "client_id": "scanner",
    "scope": "mail.send offline_access openid",
}


def nothing(printer: Printer) -> None:
    return


def signed_in(printer: Printer) -> None:
    printer.choose_language("lt")
    printer.sign_in()
    printer.scan_to_email()
    printer.send_all()


def signed_in_elsewhere(printer: Printer) -> None:
    printer.sign_in(**CUSTOM)


def long_history(printer: Printer) -> None:
    """As many jobs as fit before the oldest go."""
    printer.sign_in()
    for _ in range(3):
        printer.scan_to_email()
        printer.send_all()


def first_boot(printer: Printer) -> None:
    drive(printer.admin.change(PASSWORD, "another password"))
    printer.choose_language("lt")
    printer.save(sender="printer@bureau.example")


def sign_in_and_ok(printer: Printer) -> None:
    printer.sign_in(sender="printer@bureau.example")
    printer.sign_in()  # again, over the first one


def refresh_with_rotation(printer: Printer) -> None:
    printer.keep_alive()
    printer.keep_alive()


def sign_out(printer: Printer) -> None:
    printer.sign_out()
    printer.save(sender="printer@bureau.example")


def server_change(printer: Printer) -> None:
    printer.save(smtp_host="mail.two.example")
    printer.sign_in(smtp_host="mail.three.example")
    printer.save(service="exchange", smtp_host="smtp.office365.com")


def mail_job(printer: Printer) -> None:
    printer.scan_to_email()
    printer.send_all()
    printer.scan_to_email("nobody@bureau.example")
    printer.scan_to_email()
    printer.send_all()


def settings_change(printer: Printer) -> None:
    printer.save(sender="scanner@bureau.example", keep_alive="disable")
    printer.choose_language("en")
    printer.save(pop3_host="pop.bureau.example")


def history_wraps(printer: Printer) -> None:
    printer.scan_to_email()
    printer.send_all()
    printer.scan_to_email()
    printer.send_all()


def jobs_that_wait(printer: Printer) -> None:
    """The first job waits while others are sent, until it is only in the older file and that one's time is over."""
    printer.take_up()
    first = printer.queue.waiting()[0]
    for _ in range(3):
        printer.scan_to_email()
        printer.send_all(but=first)
    printer.send_all()


def one_that_waits(printer: Printer) -> None:
    printer.sign_in()
    printer.scan_to_email()
    for _ in range(2):
        printer.scan_to_email()
        printer.send_all(but=printer.queue.waiting()[0])


SCRIPTS: dict[str, tuple[Script, Script]] = {
    "first boot": (nothing, first_boot),
    "sign-in and OK": (nothing, sign_in_and_ok),
    "refresh with rotation": (signed_in, refresh_with_rotation),
    "sign-out": (signed_in, sign_out),
    "server change": (signed_in_elsewhere, server_change),
    "mail job": (signed_in, mail_job),
    "settings change": (signed_in, settings_change),
    "history wraps around": (long_history, history_wraps),
    "jobs that wait": (one_that_waits, jobs_that_wait),
}


def aged(before: Script, age: int) -> Script:
    """`before`, and `age` small writes that put the file system's log elsewhere."""

    def older(printer: Printer) -> None:
        before(printer)
        for number in range(age):
            printer.store.write("panel", {"language": "lt", "n": number})

    return older

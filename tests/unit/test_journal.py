"""The job journal on flash: each job ends in history once, damage costs one line, the file stays short."""

from hypothesis import given
from hypothesis import strategies as st

from firmware.jobs.journal import Journal
from sim.storage import RamStorage


def job(number: int, name: str = "scan.pdf") -> dict[str, object]:
    return {"id": number, "kind": "email", "to": "ona@bureau.example", "name": name, "message_id": f"<{number}@x>"}


def test_history_is_newest_first_and_read_from_flash() -> None:
    storage = RamStorage()
    journal = Journal(storage)
    for number in (1, 2, 3):
        journal.add(job(number))
    journal.end(2, {"status": "failed", "code": 360}, [1, 3])
    journal.end(3, {"status": "sent", "code": None}, [1])
    again = Journal(storage)
    assert [(line["id"], line["status"], line["to"]) for line in again.recent(10)] == [
        (3, "sent", "ona@bureau.example"),
        (2, "failed", "ona@bureau.example"),
    ]
    assert [line["id"] for line in again.unfinished] == [1]
    assert again.last_id == 3


def test_a_restart_counts_how_often_it_found_the_job() -> None:
    storage = RamStorage()
    Journal(storage).add(job(1))
    for expected in (0, 1, 2):
        journal = Journal(storage)
        assert journal.unfinished[0]["resumes"] == expected
        journal.resume(1)


@given(cut=st.integers(0, 400), torn=st.binary(max_size=40))
def test_a_torn_tail_costs_only_its_own_line(cut: int, torn: bytes) -> None:
    storage = RamStorage()
    journal = Journal(storage)
    journal.add(job(1))
    whole = len(storage.files["jobs"])
    journal.end(1, {"status": "sent", "code": None}, [])
    del storage.files["jobs"][max(whole, cut) :]
    storage.files["jobs"] += torn.replace(b"\n", b"")
    journal = Journal(storage)
    journal.add(job(2))
    journal.end(2, {"status": "sent", "code": None}, [])
    assert next(line["id"] for line in Journal(storage).recent(10)) == 2
    assert {line["id"] for line in Journal(storage).unfinished} <= {1}


def test_the_file_stays_short_and_keeps_what_is_not_ended() -> None:
    storage = RamStorage()
    journal = Journal(storage)
    journal.add(job(1, "waits.pdf"))
    for number in range(2, 500):
        journal.add(job(number))
        journal.end(number, {"status": "sent", "code": None, "detail": "ž" * 50}, [1])
    assert storage.size("jobs") <= 33_500
    assert [line["name"] for line in Journal(storage).unfinished] == ["waits.pdf"]
    recent = Journal(storage).recent(20)
    assert [line["id"] for line in recent] == list(range(499, 479, -1))

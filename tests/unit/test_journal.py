"""The job journal on flash: each job ends in history once, damage costs one line, the file stays short."""

from hypothesis import given
from hypothesis import strategies as st

from firmware.jobs.journal import Journal
from sim.storage import RamStorage


def journal_on(storage: RamStorage) -> Journal:
    return Journal(storage, print)


def job(number: int, name: str = "scan.pdf") -> dict[str, object]:
    return {"id": number, "kind": "email", "to": "ona@bureau.example", "name": name, "message_id": f"<{number}@x>"}


def test_history_is_newest_first_and_read_from_flash() -> None:
    storage = RamStorage()
    journal = journal_on(storage)
    for number in (1, 2, 3):
        journal.add(job(number))
    journal.end(2, {"status": "failed", "code": 360})
    journal.end(3, {"status": "sent", "code": None})
    again = journal_on(storage)
    assert [(line["id"], line["status"], line["to"]) for line in again.recent(10)] == [
        (3, "sent", "ona@bureau.example"),
        (2, "failed", "ona@bureau.example"),
    ]
    assert [line["id"] for line in again.unfinished] == [1]
    assert again.last_id == 3


def test_a_restart_counts_how_often_it_found_the_job() -> None:
    storage = RamStorage()
    journal_on(storage).add(job(1))
    for expected in (0, 1, 2):
        journal = journal_on(storage)
        assert journal.unfinished[0]["resumes"] == expected
        journal.resume(1)


@given(cut=st.integers(0, 400), torn=st.binary(max_size=40))
def test_a_torn_tail_costs_only_its_own_line(cut: int, torn: bytes) -> None:
    storage = RamStorage()
    journal = journal_on(storage)
    journal.add(job(1))
    whole = len(storage.files["jobs"])
    journal.end(1, {"status": "sent", "code": None})
    del storage.files["jobs"][max(whole, cut) :]
    storage.files["jobs"] += torn.replace(b"\n", b"")
    journal = journal_on(storage)
    journal.add(job(2))
    journal.end(2, {"status": "sent", "code": None})
    assert next(line["id"] for line in journal_on(storage).recent(10)) == 2
    assert {line["id"] for line in journal_on(storage).unfinished} <= {1}


def test_the_file_stays_short_and_keeps_what_is_not_ended() -> None:
    storage = RamStorage()
    journal = journal_on(storage)
    journal.add(job(1, "waits.pdf"))
    for number in range(2, 500):
        journal.add(job(number))
        journal.end(number, {"status": "sent", "code": None, "detail": "ž" * 50})
    assert storage.size("jobs") + storage.size("jobs.old") <= 33_500
    assert [line["name"] for line in journal_on(storage).unfinished] == ["waits.pdf"]
    recent = journal_on(storage).recent(20)
    assert [line["id"] for line in recent] == list(range(499, 479, -1))


def test_a_line_that_only_lacks_its_end_is_never_taken_for_whole() -> None:
    """Not by the start, not by the history, and not by what is written after it (found by the power cuts)."""
    storage = RamStorage()
    journal_on(storage).add(job(1))
    journal_on(storage).end(1, {"status": "sent"})
    del storage.files["jobs"][-1:]
    journal = journal_on(storage)
    assert [line["id"] for line in journal.unfinished] == [1] and journal.recent(10) == []
    journal.add(job(2))
    del storage.files["jobs"][-1:]
    journal = journal_on(storage)
    assert [line["id"] for line in journal.unfinished] == [1]
    journal.add(job(3))
    journal = journal_on(storage)
    assert [line["id"] for line in journal.unfinished] == [1, 3] and journal.recent(10) == []


def test_the_older_half_of_the_history_is_given_up_without_room_and_no_job_that_waits() -> None:
    storage = RamStorage()
    journal = Journal(storage, print, 1000)
    for number in range(1, 13):
        journal.add(job(number))
        if number != 2:
            journal.end(number, {"status": "sent"})
    journal.resume(2)
    before = [line["id"] for line in journal.recent(100)]
    assert storage.size("jobs.old") > 0 and storage.size("jobs") > 0
    storage.capacity_bytes = sum(map(len, storage.files.values())) + 300  # for the one that waits
    journal.add(job(13, "x" * 200))
    after = [line["id"] for line in journal.recent(100)]
    assert 1 <= len(after) < len(before) and after == before[: len(after)]
    assert [(line["id"], line["resumes"]) for line in journal_on(storage).unfinished] == [(2, 1), (13, 0)]


def test_a_journal_of_nothing_but_waiting_jobs_gives_nothing_up() -> None:
    storage = RamStorage()
    journal = journal_on(storage)
    assert not journal.give_up()
    for number in (1, 2, 3):
        journal.add(job(number))
    assert not journal.give_up() and not journal.give_up()
    assert [line["id"] for line in journal_on(storage).unfinished] == [1, 2, 3]
    journal.end(1, {"status": "sent"})
    assert [journal.give_up() for _ in range(4)] == [True, True, False, False]
    assert [line["id"] for line in journal_on(storage).unfinished] == [2, 3] and journal.recent(9) == []


def test_damaged_lines_are_counted_in_the_log() -> None:
    storage = RamStorage()
    journal_on(storage).add(job(1))
    storage.files["jobs"][20] ^= 1
    lines: list[str] = []
    assert Journal(storage, lines.append).unfinished == []
    assert lines == ["journal: of the record jobs 1 damaged lines were left out"]

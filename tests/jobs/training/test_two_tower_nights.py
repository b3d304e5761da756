"""Check when a night trains anew, and which model an old night keeps."""

from datetime import date

from jobs.training.two_tower_nights import Training, due, last_training, remember, root

FIRST = Training("2026-01-01", "one", "one-judged", 7)
SECOND = Training("2026-01-08", "two", None, None)


def trained(settings, *trainings):
    for one in trainings:
        folder = root(settings) / one.model_hash
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "meta.json").touch()
        remember(settings, date.fromisoformat(one.night), one, kept=False)


def test_the_first_night_trains(settings):
    assert due(last_training(settings, date(2026, 1, 1)), date(2026, 1, 1))


def test_a_model_is_kept_for_a_week(settings):
    trained(settings, FIRST)
    assert not due(last_training(settings, date(2026, 1, 7)), date(2026, 1, 7))
    assert due(last_training(settings, date(2026, 1, 8)), date(2026, 1, 8))


def test_the_night_of_a_training_trains_again(settings):
    # its data may have been mended: `marquee backfill` of that night must do more than keep
    trained(settings, FIRST)
    remember(settings, date(2026, 1, 3), FIRST, kept=True)
    assert due(last_training(settings, date(2026, 1, 1)), date(2026, 1, 1))
    assert not due(last_training(settings, date(2026, 1, 3)), date(2026, 1, 3))


def test_nights_after_a_training_that_was_done_again_take_its_model(settings):
    trained(settings, FIRST)
    remember(settings, date(2026, 1, 3), FIRST, kept=True)
    mended = Training("2026-01-01", "mended", None, None)
    trained(settings, mended)
    assert last_training(settings, date(2026, 1, 3)) == mended


def test_nights_that_kept_a_model_do_not_make_it_younger(settings):
    trained(settings, FIRST)
    remember(settings, date(2026, 1, 5), FIRST, kept=True)
    assert due(last_training(settings, date(2026, 1, 9)), date(2026, 1, 9))


def test_an_old_night_never_gets_a_model_of_its_future(settings):
    # a rerun of the 3rd after the training of the 8th
    trained(settings, FIRST, SECOND)
    assert last_training(settings, date(2026, 1, 3)) == FIRST
    assert last_training(settings, date(2026, 1, 9)) == SECOND
    assert last_training(settings, date(2025, 12, 31)) is None


def test_a_model_whose_folder_is_gone_is_trained_again(settings):
    trained(settings, FIRST)
    (root(settings) / "one" / "meta.json").unlink()
    assert last_training(settings, date(2026, 1, 2)) is None

"""Shifts by name: which may stand beside one another."""

from __future__ import annotations

import pytest

from ningde_sim import Calendar, Shift


def test_a_night_shift_must_end_before_the_first_shift_of_the_next_weekday() -> None:
    """Though that is another shift than those of its own weekday: from Sunday to Monday too."""
    shifts = {"early": ("06:00", "14:00"), "Sunday": Shift("23:00", "07:00", weekdays=["sun"])}
    with pytest.raises(ValueError, match="it overlaps with the shift 'Sunday' of a sun"):
        Calendar(shifts=shifts)


def test_a_night_shift_may_end_late_before_a_free_day() -> None:
    """Saturday morning is free."""
    shifts = {"early": ("06:00", "14:00"), "Friday": Shift("23:00", "07:00", weekdays=["fri"])}
    assert Calendar(shifts=shifts).n_shifts == 2


def test_shifts_of_one_day_must_not_overlap() -> None:
    """Across midnight either."""
    with pytest.raises(ValueError, match="it overlaps with the shift 'night' of a mon"):
        Calendar(shifts={"early": ("06:00", "14:00"), "night": ("22:00", "06:30")})

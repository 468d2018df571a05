"""The checks of plots refuse broken ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import matplotlib.pyplot as plt
import pytest
from matplotlib.axes import Axes

from tests.plot_checks import assert_ink, assert_readable, assert_units, ink, over, texts

RED = "#D55E00"


@pytest.fixture
def ax() -> Iterator[Axes]:
    """A sound plot: a red bar over the left half of the axes, with labels and units."""
    _, ax = plt.subplots(figsize=(9, 4), layout="constrained")
    ax.bar([0.25], [1], 0.5, color=RED, label="red")
    ax.plot([0, 1], [2, 2], color="black", label="black")
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="time [h]", ylabel="level [parts]", title="A bar")
    ax.legend(loc="upper right", ncols=2)
    yield ax
    plt.close("all")


def test_a_sound_plot_passes_all_checks(ax: Axes) -> None:
    assert_ink(ax, {RED: (0.49, 0.51), "white": (0.4, 0.5)})
    assert_readable(ax)
    assert_units(ax)


def test_every_text_that_is_drawn_is_checked(ax: Axes) -> None:
    ax.set_xticks([-1, 0, 1])
    ax.set_xlim(0, 1)  # the first tick is outside
    ax.set_yticks([0, 1], ["none", "all"])
    bar = ax.figure.colorbar(plt.cm.ScalarMappable(), ax=ax, label="share [-]")
    bar.set_ticks([0.5])
    drawn = sorted(text.get_text() for text in texts(ax))
    titles = ["A bar", "level [parts]", "share [-]", "time [h]"]
    assert drawn == sorted([*titles, "red", "black", "0", "1", "none", "all", "0.5"])


def test_ink_under_other_ink_is_seen_through_it(ax: Axes) -> None:
    ax.axhspan(0, 0.5, color="#0072B2", alpha=0.4, lw=0)
    assert ink(ax, over("#0072B2", 0.4, RED)) == pytest.approx(0.25, abs=0.01)
    assert ink(ax, over("#0072B2", 0.4)) == pytest.approx(0.25, abs=0.01)
    assert ink(ax, RED) == pytest.approx(0.25, abs=0.01)


def without_bars(ax: Axes) -> None:
    for bar in ax.patches:
        bar.remove()


def in_another_colour(ax: Axes) -> None:
    ax.patches[0].set_facecolor("#E69F00")


def out_of_sight(ax: Axes) -> None:
    ax.set_xlim(5, 6)


def all_red(ax: Axes) -> None:
    ax.set_xlim(0.1, 0.2)


@pytest.mark.parametrize("spoil", [Axes.clear, without_bars, in_another_colour, out_of_sight])
def test_a_plot_without_its_ink_is_refused(ax: Axes, spoil: Callable[[Axes], None]) -> None:
    spoil(ax)
    with pytest.raises(AssertionError, match=r"covers 0\.00\d, not 0\.4 to 0\.6"):
        assert_ink(ax, {RED: (0.4, 0.6)})


def test_a_plot_that_is_all_ink_is_refused(ax: Axes) -> None:
    all_red(ax)
    with pytest.raises(AssertionError, match=r"not 0\.4 to 0\.6"):
        assert_ink(ax, {RED: (0.4, 0.6)})


def long_title(ax: Axes) -> None:
    ax.set_title("a title that is wider than the plot " * 4)


def out_at_the_left(ax: Axes) -> None:
    ax.figure.set_layout_engine("none")  # type: ignore[union-attr]
    ax.set_position((0, 0.2, 0.9, 0.6))


def out_at_the_bottom(ax: Axes) -> None:
    ax.figure.set_layout_engine("none")  # type: ignore[union-attr]
    ax.set_position((0.2, 0.0, 0.7, 0.8))


def out_at_the_top(ax: Axes) -> None:
    ax.figure.set_layout_engine("none")  # type: ignore[union-attr]
    ax.set_position((0.2, 0.2, 0.7, 0.8))


def crowded_ticks(ax: Axes) -> None:
    ax.set_xticks([k / 60 for k in range(61)], [f"{k} minutes" for k in range(61)])


def crowded_turned_ticks(ax: Axes) -> None:
    crowded_ticks(ax)
    ax.tick_params(axis="x", rotation=60)
    for label in ax.get_xticklabels():
        label.set(rotation_mode="anchor", ha="right")


def crowded_rows(ax: Axes) -> None:
    ax.set_yticks([k / 60 for k in range(61)])


def crowded_legend(ax: Axes) -> None:
    ax.legend(labelspacing=-1.0)


def title_over_legend(ax: Axes) -> None:
    ax.legend(loc="lower left", bbox_to_anchor=(0.4, 1.0), ncols=2)


def tiny_words(ax: Axes) -> None:
    ax.text(0.5, 0.3, "tiny", fontsize=4)


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (long_title, "cut at the left: a title"),
        (out_at_the_left, "cut at the left"),
        (out_at_the_bottom, "cut at the bottom"),
        (out_at_the_top, "cut at the top: A bar"),
        (crowded_ticks, "minutes' lies over"),
        (crowded_turned_ticks, "minutes' lies over"),
        (crowded_rows, "' lies over '"),
        (crowded_legend, "'red' lies over 'black'|'black' lies over 'red'"),
        (title_over_legend, "'A bar' lies over|lies over 'A bar'"),
        (tiny_words, "too small: tiny"),
    ],
)
def test_a_plot_that_cannot_be_read_is_refused(
    ax: Axes, spoil: Callable[[Axes], None], fault: str
) -> None:
    spoil(ax)
    with pytest.raises(AssertionError, match=fault):
        assert_readable(ax)


def test_rotated_labels_may_be_side_by_side(ax: Axes) -> None:
    """Their upright boxes overlap, the labels do not."""
    ax.set_xticks([k / 20 for k in range(21)], [f"{k} minutes" for k in range(21)])
    for label in ax.get_xticklabels():
        label.set(rotation=60, rotation_mode="anchor", ha="right")
    assert_readable(ax)
    boxes = [label.get_window_extent() for label in ax.get_xticklabels()]
    assert boxes[0].overlaps(boxes[1])


@pytest.mark.parametrize("label", ["", "time", "h", "[h]", "time [h", "time []"])
def test_an_axis_of_numbers_without_a_unit_is_refused(ax: Axes, label: str) -> None:
    ax.set_xlabel(label)
    with pytest.raises(AssertionError, match="no unit: "):
        assert_units(ax)
    assert_units(ax, without=[label])


def test_an_axis_of_words_needs_no_unit(ax: Axes) -> None:
    ax.set_xticks([0, 1], ["Jan", "Feb"])
    ax.set_xlabel("")
    assert_units(ax)


def test_a_colour_bar_without_a_unit_is_refused(ax: Axes) -> None:
    ax.figure.colorbar(plt.cm.ScalarMappable(), ax=ax, label="share")
    with pytest.raises(AssertionError, match="no unit: 'share'"):
        assert_units(ax)

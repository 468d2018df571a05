"""What a progress bar has counted has been taken."""

from ningde_sim._support.parallel import Work


def test_the_bar_counts_what_has_been_taken() -> None:
    counted: list[int] = []
    results: list[int] = []
    with Work(
        abs, range(-3, 0), title="three", total=3, workers=1, prefer="threads", shown=True
    ) as work:
        for result in work:
            counted.append(work._bar.n)
            results.append(result)
    assert results == [3, 2, 1]
    assert counted == [0, 1, 2]
    assert work._bar.n == 3

"""What the model answers of the exercise on anchors say is what its cells print."""

import re

import pytest


def test_the_rates_at_0_95(exercise):
    rows = {
        float(p): [float(rate) for rate in rates.split()]
        for p, rates in re.findall(r"^(0\.\d\d)    (.*)$", exercise.printed, re.M)
    }
    assert rows[0.8][0] == pytest.approx(0.107) and rows[0.9][0] == pytest.approx(0.349)
    assert rows[0.8][2] == rows[0.9][2] == 0 and rows[0.97][2] == rows[0.99][2] == 1
    assert rows[0.95][0] == pytest.approx(0.599) and 0.5 < rows[0.95][2] < 0.56


def test_no_ten_samples_have_a_lower_bound_of_0_95(exercise):
    assert "10 of 10: precision at least 0.741" in exercise.printed


def test_box_a_reads_not_where_the_labels_agree(exercise):
    titles = [picture.caption for picture in exercise.names["shown"]]
    lit = [re.findall(r'title="\+1"[^>]*>(\w+)', one.html) for one in exercise.names["shown"]]
    labels = [re.search(r"label (\d)", title)[1] for title in titles]
    assert labels == ["1", "0", "1", "1", "0", "0", "0", "0"]
    assert lit == [["not", "bad"], ["bad"], ["great", "not"], ["great", "lovely"],
                   ["not"], ["rude"], [], []]  # fmt: skip
    assert 0.6 < exercise.names["same"] < 0.72, "on two reviews of three they agree"


def test_two_shortest_anchors_and_what_is_lost(exercise):
    printed = exercise.printed
    assert "the shortest: [(2, 3, 6), (2, 6, 7)]" in printed
    assert "p_unk 0.1: no word 0.818; the anchor at 0.7: no word" in printed
    assert "p_unk 0.5: no word 0.312; the anchor at 0.7: not bad" in printed
    assert "p_unk 0.7: no word 0.134; the anchor at 0.7: not bad" in printed

"""The figure of the first page: its map is that of the library."""

import numpy as np
import pytest

from course_lib.figures.start import KernelLens

PIXELS = """figure => {
  const canvas = figure.querySelector("canvas");
  return [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data];
}"""


@pytest.mark.browser
def test_right_of_the_edge_the_photograph_is_its_map(read):
    start = KernelLens(preset="gaussian_blur", edge=100)
    reader = read(start)
    shown = np.array(reader.figure.evaluate(PIXELS)).reshape(*start._pixels().shape, 4)[..., 0]
    photo = 255 * start._pixels()
    inside = np.s_[1:-1, 101:-1]
    np.testing.assert_allclose(shown[:, :100], photo[:, :100], rtol=0, atol=1)
    np.testing.assert_allclose(shown[inside], 255 * start.map[:, 100:], rtol=0, atol=2)
    assert np.abs(shown[inside] - photo[inside]).max() > 20

    reader.figure.get_by_role("slider").focus()
    reader.page.keyboard.press("End")
    again = np.array(reader.figure.evaluate(PIXELS)).reshape(*photo.shape, 4)[..., 0]
    np.testing.assert_allclose(again, photo, rtol=0, atol=1)

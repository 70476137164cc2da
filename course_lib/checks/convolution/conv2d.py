"""conv2d: a window slides over an image."""

from course_lib.checks.cases import Case, array, call, mistakes
from course_lib.datasets import worked

_DIGITS = array("1 10 100 1000 10000 100000", 1, 1, 2, 3)
_ROWS = array("1 2 0 3 1 0 3 4 1 2 0 5 4 0 0 5 1 2 3 0 2", 1, 1, 3, 7)
_TALL = array("1 2 0 3 1 0 3 4 1 2 0 5 4 0 0 5 1 2 3 0 2 2 0 1 1 4 3 0 5 1 0 2 2 0 1", 1, 1, 5, 7)
_BATCH = array("1 2 0 1 2 0 1 0 0 3 1 1 0 1 3 2 1 1 0 2 2 0 0 1", 2, 3, 1, 4)
_FILTERS = array("1 0 10 0 0 100 0 2 0 -1 1 0 0 1 1 0 0 1 5 0 0 0 1 1.5", 4, 3, 1, 2)
_BIAS = array("1000 2000 3000 0.5", 4)


def cases():
    y = array("214021 21302 502130 450013 45301 150214 215021 321502 32450 203045", 1, 1, 2, 5)
    yield Case("one channel", call(_ROWS, _DIGITS), y)
    y = array("321 102 110 4 2 3 7 1 3 9.5 14.5 2.5 10 11 103 3 6 2 2 4 3 2 5 16.5", 2, 4, 1, 3)
    yield Case("two images, three channels, four filters", call(_BATCH, _FILTERS), y)
    y = y + _BIAS[:, None, None]
    yield Case("the same with a bias", call(_BATCH, _FILTERS, _BIAS), y, "details")
    rgb = worked("conv2d_rgb")["inputs"]
    y = array("-25 466 466 475 295 787 798 812 291 776 784 800 293 771 773 782", 1, 1, 4, 4)
    given = call(rgb["image"][None], rgb["kernels"][None], array([1]))
    yield Case("the RGB example", given, y, "details", given=True)
    y = array("214021 502130 45301 102150 411321 34203", 1, 1, 2, 3)
    yield Case("stride 2", call(_TALL, _DIGITS, stride=2), y, "geometry")
    y = "210000 21000 302000 130000 13000 301000 30000 140210 214021 21302 502130 450013 45301 "
    y = array(f"{y} 4030 140 214 21 502 450 45 4", 1, 1, 3, 7)
    yield Case("padding 1", call(_ROWS[:, :, :2], _DIGITS, padding=1), y, "geometry")
    y = array("0 0 0 0 500140 215021 32450 20004 150 201 22 10", 1, 1, 3, 4)
    pairs = call(_TALL, _DIGITS, stride=(3, 2), padding=(2, 1))
    yield Case("pairs (rows, columns) for stride and padding", pairs, y, "geometry")


def random(rng):
    for group in ("idea", "details", "geometry", "geometry", "geometry"):
        N, C, F, KH, KW = (int(n) for n in rng.permutation([1, 2, 3, 4, 5]))
        stride, padding = (tuple(rng.permutation(p).tolist()) for p in ([1, 2, 3], [0, 1, 2]))
        options = dict(stride=stride[:2], padding=padding[:2]) if group == "geometry" else {}
        x = rng.normal(size=(N, C, KH + rng.integers(6, 8), 2 * (KW + rng.integers(3, 5))))
        b = None if group == "idea" else rng.normal(size=F)
        w = rng.normal(size=(F, C, KH, KW))
        yield Case("random numbers", call(x[..., ::2], w, b, **options), group=group)


POINTS = {"idea": 1.5, "geometry": 1.5, "details": 1}
SHAPES = "x: N C H W, w: F C KH KW, b: F"
MISTAKES = mistakes(r"""
kernel flipped: Which weight meets the pixel at the top left of a window?
    * w[f] -> * w[f, :, ::-1, ::-1] || * np.flip(w[f], (1, 2))
kernel reversed along one axis: Do u and v both count from the kernel's upper left corner?
    * w[f] -> * w[f, :, ::-1] || * w[f, ..., ::-1] || * np.flip(w[f], 1)
H taken for the width: In (N, C, H, W), which letter counts the columns?
    WO = (W -> WO = (H || WO = (x.shape[2] - 2 * ph
rows and columns of a pair exchanged: In a pair (2, 1), which number belongs to the rows?
    sh, sw -> sw, sh ;; ph, pw = -> pw, ph =
    sh, sw -> sw, sh
    ph, pw = -> pw, ph =
    (stride, 2) -> (stride, 2)[::-1] ;; (padding, 2) -> (padding, 2)[::-1]
stride in the size only: Output (i, j) has its place. Where does its window start?
    i * sh, j * sw -> i, j || i + 0, j + 0
stride of the rows for the columns: Which of the two strides moves the window to the right?
    i * sh, j * sw -> i * sh, j * sh || np.multiply((i, j), sh)
windows beyond the padded image: How high is your x once its zeros are on, and which H has HO?
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw))) -> pass
    HO = (H -> HO = (x.shape[2] ;; WO = (W -> WO = (x.shape[3]
padding counted on one side only: With p zeros on either side of it, how wide is the image?
    2 * p -> p ;; (ph, ph), (pw, pw) -> (ph, 0), (pw, 0) || (0, ph), (0, pw)
size kept as in "same": Does the window stop where it no longer fits, or at every pixel?
    (padding, 2) -> (np.array(w.shape[2:]) // 2, 2) || ([k // 2 for k in w.shape[2:]], 2)
bias added once per channel: Is b inside the sum over c?
    += b[f] -> += C * b[f] || += sum(b[f] for c in range(C))
only the first channel: A filter has weights for every channel. Which of them do you use?
    x[n, :, top -> x[n, 0, top ;; * w[f] -> * w[f, 0]
    x[n, :, -> x[n, :1, ;; * w[f] -> * w[f, :1]
only the last channel: Does each channel add to the sum, or take its place?
    x[n, :, top -> x[n, -1, top ;; * w[f] -> * w[f, -1]
    x[n, :, -> x[n, C - 1:, ;; * w[f] -> * w[f, C - 1:]
""")

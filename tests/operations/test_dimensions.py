"""Shapes and parameter counts, against the documents' numbers and against torch."""

import pytest
import torch

from course_lib import output_size, track
from course_lib.dimensions import Conv, Dense, Flatten, GlobalAveragePool, LayerSize, Pool


def message_of(error, function, *args, **options):
    with pytest.raises(error) as caught:
        function(*args, **options)
    return str(caught.value)


def test_worked_network_of_a_document(oracles):
    inputs, expected = (oracles["dims_28_24_12"][part] for part in ("inputs", "expected"))
    *image, channels = inputs["input"]
    conv, pool = inputs["conv"], inputs["pool"]
    sizes = track(
        (channels, *image),
        [
            Conv(conv["m"], conv["k"], stride=conv["s"], padding=conv["padding"]),
            Pool(pool["b"], stride=pool["s"]),
            Flatten(),
            Dense(10),
        ],
    )
    after_conv, after_pool = (
        (C, H, W) for H, W, C in (expected["after_conv"], expected["after_pool"])
    )
    assert sizes == [
        LayerSize("Conv", after_conv, expected["params_conv_derived"]),
        LayerSize("Pool", after_pool, 0),
        LayerSize("Flatten", (expected["flatten_derived"],), 0),
        LayerSize("Dense", (10,), 4330),
    ]
    assert (sizes[0].parameters, sizes[2].shape) == (78, (432,))


def test_worked_small_sizes(oracles):
    inputs, expected = (oracles["dims_4_2_3"][part] for part in ("inputs", "expected"))
    assert output_size(inputs["H"], inputs["k"]) == expected["h"]
    assert output_size(inputs["H"], inputs["k"], padding=1) == expected["with_padding_1_derived"]


@pytest.mark.parametrize("size", [1, 3, 7, 8])
def test_output_size_counts_the_places_one_by_one(size):
    for k in (1, 2, 3):
        for stride in (1, 2, 3):
            for padding in (0, 1, 2):
                for dilation in (1, 2):
                    reach = dilation * (k - 1) + 1
                    places = len(range(-padding, size + padding - reach + 1, stride))
                    if places:
                        options = dict(stride=stride, padding=padding, dilation=dilation)
                        assert output_size(size, k, **options) == places


LAYERS = [
    (Conv(6, 3, padding=1), torch.nn.Conv2d(4, 6, 3, padding=1)),
    (
        Conv(6, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=2, bias=False),
        torch.nn.Conv2d(
            4, 6, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=2, bias=False
        ),
    ),
    (Pool(2), torch.nn.MaxPool2d(2)),
    (Pool((3, 2), stride=(1, 3), padding=1), torch.nn.MaxPool2d((3, 2), stride=(1, 3), padding=1)),
    (Pool(4, stride=1, padding=2), torch.nn.MaxPool2d(4, stride=1, padding=2)),
    (Flatten(), torch.nn.Flatten()),
]


@pytest.mark.parametrize(("layer", "theirs"), LAYERS)
def test_each_layer_agrees_with_torch(layer, theirs):
    (size,) = track((4, 9, 8), [layer])
    assert size.layer == type(layer).__name__
    assert size.shape == tuple(theirs(torch.zeros(1, 4, 9, 8)).shape[1:])
    assert size.parameters == sum(p.numel() for p in theirs.parameters())


def test_flat_inputs_and_heads():
    assert track((4, 9, 8), [GlobalAveragePool(), Dense(3)]) == [
        LayerSize("GlobalAveragePool", (4,), 0),
        LayerSize("Dense", (3,), 15),
    ]
    assert track([5], [Dense(2, bias=False)]) == [LayerSize("Dense", (2,), 10)]
    assert track((5,), [Flatten()]) == [LayerSize("Flatten", (5,), 0)]
    assert track((4, 9, 8), []) == []


def test_all_convolutional_net_keeps_the_shapes_of_pooling():
    pooled = track((3, 32, 32), [Conv(8, 3, padding=1), Pool(2)])
    strided = track((3, 32, 32), [Conv(8, 3, stride=2, padding=1)])
    assert pooled[-1].shape == strided[-1].shape == (8, 16, 16)


@pytest.mark.parametrize(
    ("error", "message", "args", "options"),
    [
        (ValueError, "n must be an integer of at least 1, got 0", (0, 1), {}),
        (ValueError, "k must be an integer of at least 1, got 0", (4, 0), {}),
        (ValueError, "stride must be an integer of at least 1, got 0", (4, 2), dict(stride=0)),
        (ValueError, "padding must be an integer of at least 0, got -1", (4, 2), dict(padding=-1)),
        (ValueError, "dilation must be an integer of at least 1, got 0", (4, 2), dict(dilation=0)),
        (TypeError, "n must be an integer of at least 1, got 4.0", (4.0, 2), {}),
        (ValueError, "k must fit inside the padded input: a kernel of 3 with dilation 4 covers 9, "
         "but the input has 4 + 2*2 = 8", (4, 3), dict(padding=2, dilation=4)),
    ],
)  # fmt: skip
def test_output_size_refuses(error, message, args, options):
    assert message_of(error, output_size, *args, **options) == message


@pytest.mark.parametrize(
    ("error", "message", "shape", "layers"),
    [
        (TypeError, "layers[1] must be one of Conv, Pool, GlobalAveragePool, Flatten, Dense, got "
         "'relu'", (1, 8, 8), [Conv(2, 3), "relu"]),
        (ValueError, "layers[1], Conv(filters=2, kernel_size=9, stride=1, padding=0, dilation=1, "
         "groups=1, bias=True) on shape (2, 6, 6): k must fit inside the padded input",
         (1, 8, 8), [Conv(2, 3), Conv(2, 9)]),
        (ValueError, "layers[0], Dense(units=3, bias=True) on shape (1, 8, 8): the layer needs a "
         "flat input of shape (D,): put Flatten() before it", (1, 8, 8), [Dense(3)]),
        (ValueError, "the layer needs an input of shape (C, H, W)", (8,), [Conv(1, 1)]),
        (ValueError, "the layer needs an input of shape (C, H, W)", (8,), [Pool(1)]),
        (ValueError, "the layer needs an input of shape (C, H, W)", (8,), [GlobalAveragePool()]),
        (ValueError, "groups must divide the channels and the filters, got 2 for 3 channels and 4 "
         "filters", (3, 8, 8), [Conv(4, 1, groups=2)]),
        (ValueError, "got 2 for 4 channels and 3 filters", (4, 8, 8), [Conv(3, 1, groups=2)]),
        (ValueError, "filters must be an integer of at least 1, got 0", (1, 8, 8), [Conv(0, 3)]),
        (ValueError, "groups must be an integer of at least 1, got 0",
         (1, 8, 8), [Conv(1, 3, groups=0)]),
        (ValueError, "kernel_size must be an integer of at least 1, got 0",
         (1, 8, 8), [Conv(1, 0)]),
        (ValueError, "kernel_size must be an int or a pair of ints, got (1, 2, 3)",
         (1, 8, 8), [Conv(1, (1, 2, 3))]),
        (ValueError, "kernel_size must be an integer of at least 1, got 0",
         (1, 8, 8), [Pool(0, stride=1)]),
        (ValueError, "stride must be an integer of at least 1, got 0",
         (1, 8, 8), [Conv(1, 3, stride=0)]),
        (ValueError, "stride must be an integer of at least 1, got 0",
         (1, 8, 8), [Pool(2, stride=0)]),
        (ValueError, "dilation must be an integer of at least 1, got 0",
         (1, 8, 8), [Conv(1, 3, dilation=0)]),
        (ValueError, "padding must be an integer of at least 0, got -1",
         (1, 8, 8), [Conv(1, 3, padding=-1)]),
        (ValueError, "padding must be an integer of at least 0, got -1",
         (1, 8, 8), [Pool(2, padding=-1)]),
        (ValueError, "padding must be at most half of kernel_size, got 2 for 3",
         (1, 8, 8), [Pool(3, padding=2)]),
        (ValueError, "padding must be at most half of kernel_size, got (0, 1) for (2, 1)",
         (1, 8, 8), [Pool((2, 1), padding=(0, 1))]),
        (ValueError, "units must be an integer of at least 1, got 0", (4,), [Dense(0)]),
        (ValueError, "input_shape must be 3 ints (C, H, W), got (8, 8)", (8, 8), []),
        (ValueError, "D of input_shape must be an integer of at least 1, got 0", (0,), []),
        (ValueError, "W of input_shape must be an integer of at least 1, got -8", (1, 8, -8), []),
        (TypeError, "input_shape must be 3 ints (C, H, W), got 8", 8, []),
    ],
)  # fmt: skip
def test_track_refuses(error, message, shape, layers):
    assert message in message_of(error, track, shape, layers)


@pytest.mark.parametrize(
    "layer", [Conv(1, 1), Pool(1), GlobalAveragePool(), Flatten(), Dense(1)], ids=repr
)
def test_layers_are_values(layer):
    with pytest.raises(AttributeError):
        layer.filters = 2
    assert hash(layer) == hash(type(layer)(**vars(layer)))

"""What is in a network's layers: feature maps, filters, and histograms of activations and of gradients."""

from __future__ import annotations

import flambeau as torch
from flambeau import nn

from .drawing import Drawn, as_image, batch_of, evaluation, layer_of, outputs_of, panels, show_image

_MOST_PANELS = 64


def feature_maps(model: nn.Module, image: torch.Tensor, layer: nn.Module | str) -> Drawn:
    """What a layer gives for one image.

    Args:
        model: the network; it runs in evaluation mode and is left as it was.
        image: (channels, height, width), or a batch whose first image is shown.
        layer: the layer, or its path.

    Returns:
        The layer's result, (channels, height, width), and a figure of the first 64 channels.

    Raises:
        ValueError: the layer gives no feature maps.
    """
    layer = layer_of(model, layer)
    with evaluation(model), torch.no_grad(), outputs_of([layer]) as outputs:
        model(batch_of(image))
    maps = outputs.get(layer)
    if maps is None or maps.ndim != 4:
        got = "nothing" if maps is None else f"shape {tuple(maps.shape)}"
        raise ValueError(f"expected a layer that gives (batch, channels, height, width); this one gave {got}")
    maps = maps[0]

    def draw(axes, number):
        show_image(axes, maps[number].numpy(), cmap="viridis")

    return Drawn(maps, panels(min(len(maps), _MOST_PANELS), draw))


def filters(layer: nn.Module) -> Drawn:
    """The weights of a convolution.

    Args:
        layer: a two-dimensional convolution.

    Returns:
        Its weights, (filters, channels, height, width), and a figure of the first 64: in colour where a filter has
        three channels, else its first channel.

    Raises:
        ValueError: the layer has no such weights.
    """
    weight = getattr(layer, "weight", None)
    if weight is None or weight.ndim != 4:
        raise ValueError(f"expected a two-dimensional convolution, got {type(layer).__name__}")
    weight = weight.detach()

    def draw(axes, number):
        one = weight[number]
        show_image(axes, as_image(one if len(one) == 3 else one[:1]), cmap="gray")

    return Drawn(weight, panels(min(len(weight), _MOST_PANELS), draw))


def activation_histograms(model: nn.Module, *inputs, bins: int = 50) -> Drawn:
    """How the results of a network's layers are distributed.

    Args:
        model: the network; it runs as it is, in its mode.
        inputs: what it is called with.
        bins: the number of intervals.

    Returns:
        A dictionary from each layer's path to (counts, edges), and a figure of the histograms.
    """
    leaves = {module: name for name, module in model.named_modules() if not list(module.children())}
    with torch.no_grad(), outputs_of(list(leaves)) as outputs:
        model(*inputs)
    return _histograms({leaves[layer] or type(layer).__name__: out for layer, out in outputs.items()}, bins)


def gradient_histograms(model: nn.Module, bins: int = 50) -> Drawn:
    """How the gradients of a network's parameters are distributed; to be called after `backward()`.

    Args:
        model: the network.
        bins: the number of intervals.

    Returns:
        A dictionary from each parameter's path to (counts, edges), and a figure of the histograms.

    Raises:
        ValueError: no parameter has a gradient.
    """
    gradients = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
    if not gradients:
        raise ValueError("no parameter has a gradient: call loss.backward() first, and look before zero_grad()")
    return _histograms(gradients, bins)


def _histograms(tensors: dict[str, torch.Tensor], bins: int) -> Drawn:
    counted = {name: torch.histogram(tensor.detach().float().flatten(), bins) for name, tensor in tensors.items()}
    data = {name: (histogram.hist, histogram.bin_edges) for name, histogram in counted.items()}
    names = list(data)

    def draw(axes, number):
        counts, edges = data[names[number]]
        axes.stairs(counts.numpy(), edges.numpy(), fill=True)
        axes.set_title(names[number], fontsize=7)
        axes.tick_params(labelsize=6)

    return Drawn(data, panels(len(names), draw, columns=4, size=2.4))

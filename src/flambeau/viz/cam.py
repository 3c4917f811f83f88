"""Where in an image a class is seen: Grad-CAM."""

from __future__ import annotations

import flambeau as torch
from flambeau import nn

from .drawing import Drawn, as_image, batch_of, evaluation, layer_of, outputs_of, panels, show_image


def grad_cam(model: nn.Module, image: torch.Tensor, layer: nn.Module | str, target=None) -> Drawn:
    """Heat maps of how much each place of an image speaks for a class.

    Args:
        model: a classifier, whose result is (batch, classes). It runs in evaluation mode and is left as it was.
        image: as the model takes it, (channels, height, width), or a batch of such images.
        layer: the convolutional layer to look at, or its path, such as "layer4".
        target: the class, or one for each image; by default the one that scores highest.

    Returns:
        Heat maps between 0 and 1, (height, width) or (batch, height, width), and a figure of them over the images.

    Raises:
        ValueError: the layer's result is no batch of feature maps.

    Source: Selvaraju et al., Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization, 2017.
    """
    images = batch_of(image)
    layer = layer_of(model, layer)
    with evaluation(model), torch.enable_grad(), outputs_of([layer]) as outputs:
        scores = model(images if images.requires_grad else images.detach().requires_grad_())
    maps = _feature_maps(outputs.get(layer))
    chosen = scores.argmax(1) if target is None else torch.as_tensor(target).expand(len(images))
    (slopes,) = torch.autograd.grad(scores.gather(1, chosen.unsqueeze(1)).sum(), maps)
    heat = torch.relu((maps * slopes.mean((2, 3), keepdim=True)).sum(1, keepdim=True)).detach()
    heat = nn.functional.interpolate(heat, size=images.shape[2:], mode="bilinear", align_corners=False)[:, 0]
    heat = heat / heat.amax((1, 2), keepdim=True).clamp_min(torch.finfo(heat.dtype).tiny)

    def draw(axes, number):
        show_image(axes, as_image(images[number]), cmap="gray")
        axes.imshow(heat[number].numpy(), cmap="jet", alpha=0.4, vmin=0, vmax=1)
        axes.set_title(f"class {int(chosen[number])}", fontsize=8)

    return Drawn(heat if image.ndim == 4 else heat[0], panels(len(images), draw, columns=4, size=3))


def _feature_maps(output) -> torch.Tensor:
    if output is None or output.ndim != 4:
        got = "nothing" if output is None else f"shape {tuple(output.shape)}"
        raise ValueError(f"Grad-CAM needs a layer that gives (batch, channels, height, width); this one gave {got}")
    return output

"""Shows which parts of an image a network looks at when it names a class: Grad-CAM, with hooks.

Writes the image with the heat map over it.
"""

import argparse

import torch
import torch.nn.functional as F
from PIL import Image
from torchvision import models, transforms
from torchvision.transforms.functional import to_pil_image


class GradCAM:
    """Keeps what a layer gives and the gradient that comes back to it."""

    def __init__(self, model, layer):
        self.model = model
        self.activations = self.gradients = None
        self.handles = [
            layer.register_forward_hook(self._keep_activations),
            layer.register_full_backward_hook(self._keep_gradients),
        ]

    def _keep_activations(self, module, inputs, output):
        self.activations = output.detach()

    def _keep_gradients(self, module, grad_input, grad_output):
        self.gradients = grad_output[0].detach()

    def __call__(self, image, target=None):
        """The heat map of a class (by default the most likely), between 0 and 1, and the class."""
        scores = self.model(image)
        target = scores.argmax(1).item() if target is None else target
        self.model.zero_grad()
        scores[0, target].backward()
        weights = self.gradients.mean(dim=(2, 3), keepdim=True)
        heat = F.relu((weights * self.activations).sum(dim=1, keepdim=True))
        heat = F.interpolate(heat, size=image.shape[2:], mode="bilinear", align_corners=False)[0, 0]
        return (heat - heat.min()) / (heat.max() - heat.min() + 1e-8), target

    def remove(self):
        for handle in self.handles:
            handle.remove()


def overlay(image, heat, strength=0.5):
    """The image with the heat map over it, red where it is hot."""
    color = torch.stack([heat, 1 - (2 * heat - 1).abs(), 1 - heat])
    return to_pil_image((1 - strength) * image + strength * color)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("image")
    parser.add_argument("--weights", help="a file with the weights of a ResNet18; by default they are downloaded")
    parser.add_argument("--picture", default="grad_cam.png")
    parser.add_argument("--target", type=int, help="the number of a class; by default the most likely")
    args = parser.parse_args()

    torch.manual_seed(0)
    weights = models.ResNet18_Weights.IMAGENET1K_V1
    if args.weights:
        model = models.resnet18()
        model.load_state_dict(torch.load(args.weights, weights_only=True))
    else:
        model = models.resnet18(weights=weights)
    model.eval()

    to_tensor = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor()])
    image = to_tensor(Image.open(args.image).convert("RGB"))
    normalize = transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    cam = GradCAM(model, model.layer4)
    heat, target = cam(normalize(image).unsqueeze(0), args.target)
    cam.remove()
    overlay(image, heat).save(args.picture)
    row, column = divmod(heat.argmax().item(), heat.shape[1])
    print(f"class {target} ({weights.meta['categories'][target]})")
    print(f"mean heat: {heat.mean().item():.6f}, hottest at row {row}, column {column}")


if __name__ == "__main__":
    main()

"""Images transformed by functions: each checks its arguments and calls the kernel for Pillow images or tensors."""

from .. import _functional_pil as F_pil
from .. import _functional_tensor as F_t
from .colour import (
    adjust_brightness,
    adjust_contrast,
    adjust_gamma,
    adjust_hue,
    adjust_saturation,
    autocontrast,
    equalize,
    invert,
    posterize,
    rgb_to_grayscale,
    solarize,
    to_grayscale,
)
from .conversion import convert_image_dtype, normalize, pil_to_tensor, to_pil_image, to_tensor
from .cropping import (
    _compute_resized_output_size,
    center_crop,
    crop,
    five_crop,
    hflip,
    pad,
    resize,
    resized_crop,
    ten_crop,
    vflip,
)
from .dimensions import _is_pil_image, get_dimensions, get_image_num_channels, get_image_size
from .filters import adjust_sharpness, erase, gaussian_blur
from .modes import InterpolationMode, _interpolation_modes_from_int, pil_modes_mapping
from .warping import (
    _get_inverse_affine_matrix,
    _get_perspective_coeffs,
    affine,
    elastic_transform,
    perspective,
    rotate,
)

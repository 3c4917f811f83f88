"""What transforms do to tensors (..., C, H, W), by ordinary ops, which have gradients."""

from .checks import (
    _assert_channels,
    _assert_image_tensor,
    _cast_squeeze_in,
    _cast_squeeze_out,
    _is_tensor_a_torch_image,
    _max_value,
    get_dimensions,
    get_image_num_channels,
    get_image_size,
)
from .colour import (
    _blend,
    _hsv2rgb,
    _rgb2hsv,
    adjust_brightness,
    adjust_contrast,
    adjust_gamma,
    adjust_hue,
    adjust_saturation,
    invert,
    posterize,
    rgb_to_grayscale,
    solarize,
)
from .cropping import _pad_symmetric, _parse_pad_padding, crop, hflip, pad, resize, vflip
from .filters import (
    _blurred_degenerate_image,
    _get_gaussian_kernel1d,
    _get_gaussian_kernel2d,
    adjust_sharpness,
    erase,
    gaussian_blur,
)
from .levels import _scale_channel, autocontrast, convert_image_dtype, equalize, normalize
from .warping import (
    _apply_grid_transform,
    _assert_grid_transform_inputs,
    _compute_affine_output_size,
    _create_identity_grid,
    _gen_affine_grid,
    _perspective_grid,
    affine,
    elastic_transform,
    perspective,
    rotate,
)

"""Tensors that say what they hold: images, videos, masks, bounding boxes, key points.

The second transforms treat each by its class. A TVTensor computes like the tensor that it is, and what is computed from
it is a plain tensor, unless `set_return_type("TVTensor")` asks for its class.
"""

from ._bounding_boxes import BoundingBoxes, BoundingBoxFormat, is_rotated_bounding_format
from ._image import Image
from ._keypoints import KeyPoints
from ._mask import Mask
from ._return_type import set_return_type
from ._tv_tensor import TVTensor
from ._video import Video

__all__ = [
    "BoundingBoxFormat", "BoundingBoxes", "Image", "KeyPoints", "Mask", "TVTensor", "Video",
    "is_rotated_bounding_format", "set_return_type", "wrap",
]  # fmt: skip


def wrap(wrappee, *, like, **kwargs):
    """A tensor as an object of another's class, with its metadata.

    Args:
        wrappee: the tensor.
        like: the TVTensor whose class and metadata (format, canvas size ...) the result takes.
        kwargs: metadata that the result has instead.
    """
    wrap_method = getattr(type(like), "wrap", None)
    return wrappee.as_subclass(type(like)) if wrap_method is None else wrap_method(wrappee, like, **kwargs)

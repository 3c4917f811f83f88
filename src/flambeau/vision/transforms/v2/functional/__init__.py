"""The second transforms as functions: each looks at what it is given, and calls the kernel for that.

`resize` takes anything, `resize_image`, `resize_mask`, `resize_bounding_boxes` ... take plain tensors and what must be
known beside them.
"""

from ...functional import InterpolationMode, pil_to_tensor, to_pil_image
from ._augment import *  # noqa: F403
from ._box_formats import *  # noqa: F403
from ._clamping import *  # noqa: F403
from ._color import *  # noqa: F403
from ._cropping import *  # noqa: F403
from ._deprecated import *  # noqa: F403
from ._dtype import *  # noqa: F403
from ._elastic import *  # noqa: F403
from ._flips import *  # noqa: F403
from ._meta import *  # noqa: F403
from ._misc import *  # noqa: F403
from ._padding import *  # noqa: F403
from ._perspective import *  # noqa: F403
from ._resizing import *  # noqa: F403
from ._sanitizing import *  # noqa: F403
from ._temporal import *  # noqa: F403
from ._tones import *  # noqa: F403
from ._type_conversion import *  # noqa: F403
from ._utils import is_pure_tensor, register_kernel
from ._warping import *  # noqa: F403

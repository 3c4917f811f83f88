"""torch.ao.nn.quantized.dynamic: modules with quantised weights that quantise what they are given at each call."""

from . import modules
from .modules import GRU, LSTM, GRUCell, Linear, LSTMCell, RNNCell

__all__ = ["GRU", "GRUCell", "LSTM", "LSTMCell", "Linear", "RNNCell", "modules"]

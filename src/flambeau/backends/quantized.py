"""torch.backends.quantized: the engine of quantised products; there is one."""

engine = "x86"
supported_engines = ["none", "x86"]

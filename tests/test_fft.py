"""Fourier transforms against NumPy's and against their definition; gradients; short-time transforms."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import flambeau as fl
from flambeau.autograd import gradcheck, gradgradcheck


def drawn(*shape, complex=False):
    rng = np.random.default_rng(len(shape))
    values = rng.standard_normal(shape)
    return values + 1j * rng.standard_normal(shape) if complex else values


COMPLEX = ("fft", "ifft", "irfft", "hfft", "fft2", "ifft2", "irfft2", "fftn", "ifftn", "irfftn")
REAL = ("rfft", "ihfft", "rfft2", "rfftn")
LENGTHS = {"fft": [None, 3, 8], "2": [None, (3, 8), (-1, 4)], "n": [None, (4, 3), (2, 5, 7)]}


def lengths(name):
    return LENGTHS[name[-1] if name[-1] in "2n" else "fft"]


@pytest.mark.parametrize("norm", ["backward", "ortho", "forward"])
@pytest.mark.parametrize("name", COMPLEX + REAL)
def test_values(name, norm):
    x = drawn(2, 4, 5, complex=name in COMPLEX)
    for n in lengths(name):
        sizes = n if not isinstance(n, tuple) else [x.shape[i - len(n)] if k == -1 else k for i, k in enumerate(n)]
        axes = {} if not isinstance(n, tuple) else {"axes": tuple(range(-len(n), 0))}
        want = getattr(np.fft, name)(x, sizes, norm=norm, **axes)
        got = getattr(fl.fft, name)(fl.from_numpy(x), n, norm=norm)
        np.testing.assert_allclose(got.resolve_conj().numpy(), want, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", [*COMPLEX, *REAL, "hfft2", "ihfft2", "hfftn", "ihfftn"])
def test_gradients(name):
    function = getattr(fl.fft, name)
    halved = name in COMPLEX or name.startswith("hfft")
    x = fl.from_numpy(drawn(3, 4, complex=halved)).requires_grad_()
    for arguments in ({}, {"norm": "ortho"}, {("n" if name[-1] == "t" else "s"): 5 if name[-1] == "t" else (2, 5)}):
        assert gradcheck(lambda x, k=arguments: function(x, **k), (x,))
    assert gradgradcheck(function, (x,))


def test_hermitian_transforms_of_several_dimensions():
    spectrum = drawn(4, 6)
    signal = fl.fft.ihfftn(fl.from_numpy(spectrum))
    np.testing.assert_allclose(signal.numpy(), np.fft.ifftn(spectrum)[:, :4], atol=1e-12)
    np.testing.assert_allclose(fl.fft.hfftn(signal, (4, 6)).numpy(), spectrum, atol=1e-12)
    np.testing.assert_allclose(fl.fft.hfft2(fl.fft.ihfft2(fl.from_numpy(spectrum))).numpy(), spectrum, atol=1e-12)


def test_single_precision_stays():
    x = fl.randn(3, 8)
    assert fl.fft.rfft(x).dtype is fl.complex64 and fl.fft.irfft(fl.fft.rfft(x)).dtype is fl.float32
    np.testing.assert_allclose(fl.fft.irfft(fl.fft.rfft(x)).numpy(), x.numpy(), atol=1e-6)
    assert fl.fft.fft(fl.arange(4)).dtype is fl.complex64


def test_views_and_dimensions():
    x = drawn(5, 4, complex=True)
    t = fl.from_numpy(x).t()
    np.testing.assert_allclose(fl.fft.fft(t, dim=0).numpy(), np.fft.fft(x.T, axis=0), rtol=1e-12)
    np.testing.assert_allclose((fl.fft.fft(t[1:], dim=1)[:, 2] * 2).numpy(), 2 * np.fft.fft(x.T[1:])[:, 2], rtol=1e-12)


def test_frequencies():
    for n in (1, 4, 5):
        np.testing.assert_allclose(fl.fft.fftfreq(n, 0.5, dtype=fl.float64).numpy(), np.fft.fftfreq(n, 0.5))
        np.testing.assert_allclose(fl.fft.rfftfreq(n, 0.5, dtype=fl.float64).numpy(), np.fft.rfftfreq(n, 0.5))
        x = fl.arange(float(n * 3)).view(n, 3)
        np.testing.assert_array_equal(fl.fft.fftshift(x).numpy(), np.fft.fftshift(x.numpy()))
        assert fl.fft.ifftshift(fl.fft.fftshift(x, 0), 0).equal(x)


def frames(x, n_fft, hop, window):
    starts = range(0, len(x) - n_fft + 1, hop)
    return np.stack([np.fft.rfft(x[at : at + n_fft] * window) for at in starts], 1)


def test_spectra_of_windows():
    x, window = drawn(20), np.hanning(9)[:8]
    options = {"window": fl.from_numpy(window), "return_complex": True}
    got = fl.stft(fl.from_numpy(x), 8, 3, center=False, **options)
    np.testing.assert_allclose(got.numpy(), frames(x, 8, 3, window), atol=1e-12)
    centred = fl.stft(fl.from_numpy(x), 8, 3, normalized=True, **options)
    padded = np.pad(x, 4, mode="reflect")
    np.testing.assert_allclose(centred.numpy(), frames(padded, 8, 3, window) / np.sqrt(8), atol=1e-12)


@pytest.mark.parametrize("onesided", [True, False])
def test_a_signal_from_its_spectra(onesided):
    x, window = fl.from_numpy(drawn(2, 24)), fl.hann_window(8, dtype=fl.float64)
    spectra = x.stft(8, 2, window=window, onesided=onesided, return_complex=True)
    back = spectra.istft(8, 2, window=window, onesided=onesided, length=24)
    np.testing.assert_allclose(back.numpy(), x.numpy(), atol=1e-12)


def test_gradients_of_short_time_transforms():
    x = fl.from_numpy(drawn(12)).requires_grad_()
    window = fl.from_numpy(np.hanning(8)[1:7].copy()).requires_grad_()
    forward = lambda x, w: fl.stft(x, 6, 2, window=w, return_complex=True)
    assert gradcheck(forward, (x, window))
    z = forward(x, window).detach().requires_grad_()
    assert gradcheck(lambda z, w: fl.istft(z, 6, 2, window=w), (z, window))


def test_is_not_imported_at_start():
    code = "import flambeau, sys; assert not [m for m in sys.modules if m.endswith(('flambeau.fft', 'fourier'))]"
    environment = {**os.environ, "PYTHONPATH": str(Path(fl.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


REFUSED = [
    (lambda x: fl.fft.fft(x, 0), RuntimeError, r"Invalid number of data points \(0\) specified"),
    (lambda x: fl.fft.fft(x, dim=3), IndexError, "Dimension out of range"),
    (lambda x: fl.fft.fft(x, norm="abc"), RuntimeError, 'Invalid normalization mode: "abc"'),
    (lambda x: fl.fft.fftn(x, dim=(0, 0)), RuntimeError, "FFT dims must be unique"),
    (lambda x: fl.fft.fftn(x, (2, 2, 2)), RuntimeError, "Got shape with 3 values but input tensor only"),
    (lambda x: fl.fft.rfft(x * 1j), RuntimeError, "rfft expects a real input tensor, but got ComplexFloat"),
    (lambda x: fl.fft.fft(x.half()), RuntimeError, "Unsupported dtype Half"),
    (lambda x: fl.fft.rfftn(x, dim=()), RuntimeError, "rfftn must transform at least one axis"),
    (lambda x: fl.fft.fft(x, out=fl.empty(0)), RuntimeError, "fft expects a complex output tensor, but got Float"),
    (lambda x: x.stft(9, window=fl.ones(9), center=False, return_complex=True), RuntimeError, "expected 0 < n_fft < 4"),
    (lambda x: fl.istft(x, 4, window=fl.ones(4)), RuntimeError, "istft requires a complex-valued input"),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_refused(number):
    call, kind, text = REFUSED[number]
    with pytest.raises(kind, match=text):
        call(fl.ones(3, 4))
